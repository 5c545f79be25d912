import type { z } from 'zod';

interface Definition {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly innerType?: unknown;
  readonly options?: readonly unknown[];
}
type Path = readonly PropertyKey[];

/** The keys that a schema knows at a path, for suggestions. */
export const keysAt = (schema: z.ZodType, path: Path): readonly string[] =>
  Object.keys(definition(mapping(schemaAt(schema, path)))?.shape ?? {});

/** A valid value of what a schema wants at a path, when it says one. */
export function exampleAt(schema: z.ZodType, path: Path): unknown {
  const examples = (unwrapped(schemaAt(schema, path)) as z.ZodType | undefined)?.meta()?.['examples'];
  return Array.isArray(examples) ? (examples[0] as unknown) : undefined;
}

const schemaAt = (schema: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, step) => {
    const def = definition(mapping(at));
    return def?.shape?.[String(step)] ?? def?.element ?? def?.valueType;
  }, schema);

/** Of a value that may have several forms, the one with keys. */
const mapping = (schema: unknown): unknown =>
  definition(schema)?.options?.find((option) => definition(option)?.shape !== undefined) ?? schema;

/** The schema behind optional, nullable and the like. */
function unwrapped(schema: unknown): unknown {
  const inner = (schema as { _zod?: { def?: Definition } } | undefined)?._zod?.def?.innerType;
  return inner === undefined ? schema : unwrapped(inner);
}

const definition = (schema: unknown): Definition | undefined =>
  (unwrapped(schema) as { _zod?: { def?: Definition } } | undefined)?._zod?.def;
