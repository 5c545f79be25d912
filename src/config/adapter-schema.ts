import { z } from 'zod';
import { OWN } from '../domain/adapters.js';
import { CAPABILITIES, type Carried } from '../domain/capabilities.js';
import { choice, name, wrong, type About } from './fields.js';
import { alternative } from './alternative.js';
import { shown } from './shown.js';

/** By its name: what is built in, or `own:NAME` for what `adapters` names. */
export function adapter<const Known extends string>(
  known: readonly [Known, ...Known[]],
  coming: readonly string[],
  about: About,
): z.ZodType<Named<Known>, Named<Known>> {
  const builtIn = choice(known, coming, about);
  const names = [...known, ...coming].map((text) => `\`${text}\``);
  const schema = z
    .string()
    .check(({ value, issues }) => {
      if (value.startsWith(OWN)) return;
      const { error } = builtIn.safeParse(value, { reportInput: true });
      for (const issue of error?.issues ?? []) issues.push({ ...issue, input: value } as never);
    })
    .meta({
      ...about,
      ...(coming.length === 0 ? {} : { coming }),
      form: `${names.slice(0, known.length).join(', ')}, \`own:NAME\``,
      pattern: `^(${known.join('|')}|own:[a-z][a-z0-9-]{0,62})$`,
    });
  // As a type it says which there are; as text it is one.
  return schema as unknown as z.ZodType<Named<Known>, Named<Known>>;
}
type Named<Known extends string> = Known | `own:${string}`;

/** Two different ones of those that come with shipway, as they stand in a file. */
export const twoOf = <const Known extends string>(known: readonly [Known, ...Known[]]) =>
  z
    .array(
      z.enum(known, {
        error: ({ input }) =>
          String(input).startsWith(OWN)
            ? wrong(
                `${shown(input)} cannot serve together with another: that both take a user for the same is proved of what comes with shipway`,
                `two of ${known.join(', ')}`,
              )
            : undefined,
      }),
    )
    .refine((names) => notTwo(names, known) === undefined, {
      error: ({ input }) => notTwo(input as readonly string[], known) ?? '',
    })
    .meta({ minItems: 2, maxItems: 2, uniqueItems: true });

function notTwo(names: readonly string[], known: readonly string[]): string | undefined {
  const [first = known[0] ?? ''] = names;
  const beside = [...names, ...known].find((name) => name !== first) ?? '';
  if (names.length < 2) return wrong('a list of routers has two', `${first}, or [${first}, ${beside}]`);
  if (names.length > 2)
    return wrong(`these are ${String(names.length)} routers, and a list has two`, `[${first}, ${beside}]`);
  return names[0] === names[1]
    ? wrong(`${first} is there twice`, `${first}, or [${first}, ${beside}]`)
    : undefined;
}

const carries = <const Of extends keyof typeof CAPABILITIES>(of: Of) =>
  z
    .record(
      name({ description: '', examples: ['hosts'] }),
      z.array(
        z.enum(CAPABILITIES[of], {
          error: ({ input }) =>
            wrong(
              `${shown(input)} is nothing that a ${of} can do`,
              alternative(String(input), CAPABILITIES[of]),
            ),
        }),
      ),
    )
    .meta({
      description: `a ${of} of your own by its name, and what it can do`,
      examples: [{ hosts: [CAPABILITIES[of][0]] }],
    });

const names = (description: string, example: string) =>
  z
    .array(name({ description: 'one of them', examples: [example] }))
    .meta({ description, examples: [[example]] });

/** What a service uses that whoever runs the workers has added to them. */
export const adaptersSchema = z
  .strictObject({
    providers: carries('provider').optional(),
    routers: carries('router').optional(),
    metrics: names('metric sources of your own, by their names', 'prometheus').optional(),
    strategies: names(
      'strategies of your own, by their names: `strategy` of a deployment',
      'weekdays',
    ).optional(),
    stages: names('kinds of stages of your own, by their names: `uses` of a stage', 'licences').optional(),
  })
  .meta({ description: 'adapters that the workers were given beside what is built in: used as `own:NAME`' });

/** The adapters of a file, as its deployments name them. */
export interface OwnAdapters {
  readonly providers: Carried;
  readonly routers: Carried;
  readonly metrics: readonly string[];
  readonly stages: readonly string[];
  readonly strategies: readonly string[];
}

export const ownAdapters = (input: z.output<typeof adaptersSchema> = {}): OwnAdapters => ({
  providers: prefixed(input.providers),
  routers: prefixed(input.routers),
  metrics: named(input.metrics),
  stages: named(input.stages),
  strategies: named(input.strategies),
});

const named = (names: readonly string[] = []): readonly string[] => names.map((text) => `${OWN}${text}`);

const prefixed = (carried: Carried = {}): Carried =>
  Object.fromEntries(Object.entries(carried).map(([text, can]) => [`${OWN}${text}`, can]));
