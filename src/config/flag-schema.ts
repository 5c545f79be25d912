import { z } from 'zod';
import { FLAG_NAME, type FlagDeclaration, type FlagValue } from '../domain/flags.js';
import { alternative } from './alternative.js';
import { wrong } from './fields.js';
import { parseAt, problemAt, wasRead, type Source } from './issues.js';
import type { Problem } from './problem.js';
import { shown } from './shown.js';

export const flagName = z.string().regex(FLAG_NAME, {
  error: ({ input }) =>
    wrong(
      `${shown(input)} is no name of a flag or a variant`,
      'letters, digits, dots, dashes and underscores, beginning with a letter, at most 63',
    ),
});
const variant = z.union([z.boolean(), z.number(), z.string(), z.record(z.string(), z.unknown())]);

const flagSchema = z.strictObject({
  description: z
    .string()
    .min(1)
    .max(200)
    .meta({ description: 'what it is for', examples: ['the checkout on one page'] })
    .optional(),
  variants: z
    .record(flagName, variant)
    .meta({
      description:
        'its variants by their names, with values of one type; default: `on` is `true`, and `off` is `false`',
      examples: [{ plain: 'Buy', urgent: 'Buy now' }],
      form: 'mapping of names to `true`, `false`, numbers, texts or mappings',
    })
    .optional(),
  default: flagName
    .meta({
      description: 'the variant of everybody while it is off; default `off`, where `variants` is left out',
      examples: ['plain'],
    })
    .optional(),
});

/** What releases of the service have that can be turned on for some of its users. */
export const flagsSchema = z.record(flagName, flagSchema.nullable()).meta({
  description: 'feature flags that the service reads, by their names; off until somebody sets them',
});

/** The flags of a file, in the order of their names, with every default filled in. */
export function flagsIn(raw: unknown, source: Source, problems: Problem[]): readonly FlagDeclaration[] {
  const given = raw === undefined ? {} : (parseAt(flagsSchema, raw, ['flags'], source, problems) ?? {});
  return Object.entries(given)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, flag]) => {
      const { description, variants = ON_OFF } = flag ?? {};
      const off = flag?.default ?? (variants === ON_OFF ? 'off' : undefined);
      const known = variants !== ON_OFF || wasRead(source, ['flags', name, 'variants']);
      const wrongs = known ? faults(name, variants, off, source) : [];
      problems.push(...wrongs);
      if (wrongs.length > 0) return [];
      return [
        {
          name,
          ...(description === undefined ? {} : { description }),
          // Whatever is read from a file is plain data.
          variants: variants as Readonly<Record<string, FlagValue>>,
          off: off ?? 'off',
        },
      ];
    });
}
const ON_OFF = { on: true, off: false } as const;

/** What no schema can say of variants. */
function faults(
  name: string,
  variants: Readonly<Record<string, unknown>>,
  off: string | undefined,
  source: Source,
): readonly Problem[] {
  const at = ['flags', name];
  const names = Object.keys(variants);
  if (names.length < 2)
    return [problemAt(source, [...at, 'variants'], 'one variant leaves nothing to choose', 'at least two')];
  const types = new Set(Object.values(variants).map((value) => typeof value));
  if (types.size > 1)
    return [
      problemAt(
        source,
        [...at, 'variants'],
        `the values are of several types (${[...types].join(', ')}), and a service reads one`,
        'values of one type',
      ),
    ];
  if (off === undefined)
    return wasRead(source, [...at, 'default'])
      ? [problemAt(source, at, 'default is missing', `default: ${names[0] ?? ''}`, 'key')]
      : [];
  return names.includes(off)
    ? []
    : [
        problemAt(
          source,
          [...at, 'default'],
          `${name} has no variant ${shown(off)}`,
          // Without quotes these two would be refused.
          variants === ON_OFF ? '"on" or "off"' : alternative(off, names),
        ),
      ];
}
