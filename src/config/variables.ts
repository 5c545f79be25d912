import { z } from 'zod';
import { integer, wrong } from './fields.js';
import { shown } from './shown.js';

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
  error: ({ input }) =>
    wrong(
      `${shown(input)} is no name of a variable`,
      String(input)
        .replace(/[^A-Za-z0-9_]/g, '_')
        .replace(/^(?=\d)/, '_') || 'letters, digits and _',
    ),
});

/** Stands for the name of the environment. */
const ENVIRONMENT = '{environment}';
/** A path, with that in it anywhere. */
const REFERRED =
  /^(?=.{1,150}$)(?:[a-z0-9]|\{environment\})(?:[a-z0-9_.-]|\{environment\})*(?:\/(?:[a-z0-9]|\{environment\})(?:[a-z0-9_.-]|\{environment\})*)*$/;
/** The path that is meant in this environment. */
export const pathIn = (environment: string, path: string): string =>
  path.replaceAll(ENVIRONMENT, environment);

/** Where a secret's value is, in place of the value. */
const secretReference = z.strictObject({
  secret: z
    .string()
    .regex(REFERRED, {
      error: ({ input }) => wrong(`${shown(input)} is no path of a secret`, nearPath(String(input))),
    })
    .meta({
      description:
        'its path in the store of secrets; `{environment}` stands for the name of the environment, and a path that begins with the name of another one is refused',
      examples: ['{environment}/database/url'],
    }),
  version: integer(1, 999_999_999, {
    description: 'always this one; default: the newest when the deployment is admitted',
    examples: [3],
  }).optional(),
});

function nearPath(text: string): string {
  const near = text
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9/_.{}-]+/g, '_')
    .replace(/\/+/g, '/')
    .replace(/^[^a-z0-9{]+|\/$/g, '');
  return REFERRED.test(near) ? near : '{environment}/database/url';
}

/** Variables of a stage are plain: what runs users' commands is given no secret. */
export const plainVariables = z
  .record(
    variableName,
    z.string({
      error: ({ input }) =>
        isMapping(input)
          ? wrong(
              'a variable of a stage is a text: stages are given no secrets',
              'the secret in the environment of deploy, or a plain value that is none',
            )
          : undefined,
    }),
  )
  .meta({
    description: 'environment variables as plain texts; never a secret, and none that begins with `SHIPWAY_`',
    examples: [{ LOG_LEVEL: 'info' }],
  });

/** Variables of instances: plain texts, and references to secrets. */
export const instanceVariables = z.record(variableName, z.union([z.string(), secretReference])).meta({
  description:
    'environment variables: plain texts, and for what is secret where its value is: `{ secret: PATH }`. None begins with `SHIPWAY_`',
  examples: [{ LOG_LEVEL: 'info', DATABASE_URL: { secret: '{environment}/database/url' } }],
});
export type InstanceVariables = z.output<typeof instanceVariables>;
