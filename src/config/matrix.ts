import { z } from 'zod';
import { wrong } from './fields.js';
import type { StageConfig } from './stages.js';
import { variableName } from './variables.js';

/** Variants of one stage: more are nobody's to look through. */
export const MOST_VARIANTS = 50;

/** Variables, each with the values that a stage is run with. */
export const matrix = z
  .record(
    variableName,
    z
      .array(
        z.string({
          error: ({ input }) =>
            typeof input === 'number' || typeof input === 'boolean'
              ? wrong('a value is a text', `'${String(input)}'`)
              : undefined,
        }),
      )
      .min(1)
      .max(MOST_VARIANTS),
  )
  .refine((variables) => Object.keys(variables).length > 0, {
    error: () => wrong('the matrix has no variables', "NODE_VERSION: ['20', '22']"),
  })
  .meta({
    description:
      'the stage once for every combination of these values, side by side: each has its values as variables of its environment, and is named by them (`test-20`)',
    examples: [{ NODE_VERSION: ['20', '22'] }],
    minProperties: 1,
  });
export type Matrix = z.output<typeof matrix>;

/** One value of each variable. */
export type Variant = readonly (readonly [variable: string, value: string])[];

/** Every combination, the last variable changing first. */
export const combinations = (matrix: Matrix): readonly Variant[] =>
  Object.entries(matrix).reduce<readonly Variant[]>(
    (all, [variable, values]) =>
      all.flatMap((variant) => values.map((value) => [...variant, [variable, value] as const])),
    [[]],
  );

/** `test` with `20.11` and `Postgres` is `test-20-11-postgres`. */
export const variantName = (stage: string, variant: Variant): string =>
  [stage, ...variant.map(([, value]) => plain(value))].join('-');

const plain = (value: string): string =>
  value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'none';

/** A stage as it is run: once, or as every one of its variants, unless there are too many. */
export function variantsOf(config: StageConfig, matrix: Matrix | undefined): readonly StageConfig[] {
  if (matrix === undefined || config.kind !== 'command' || variantCount(matrix) > MOST_VARIANTS)
    return [config];
  return combinations(matrix).map((variant) => ({
    ...config,
    name: variantName(config.name, variant),
    environment: { ...config.environment, ...Object.fromEntries(variant) },
  }));
}

/** How many there are, told without making them. */
export const variantCount = (matrix: Matrix | undefined): number =>
  Object.values(matrix ?? {}).reduce((product, values) => product * values.length, 1);
