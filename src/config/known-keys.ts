import type { z } from 'zod';

interface Definition {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly innerType?: unknown;
}

/** The keys that a schema knows at a path, for suggestions. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema;
  for (const step of path) {
    const def = definition(at);
    at = def?.shape?.[String(step)] ?? def?.element ?? def?.valueType;
  }
  return Object.keys(definition(at)?.shape ?? {});
}

/** The definition behind optional, nullable and the like. */
function definition(schema: unknown): Definition | undefined {
  const def = (schema as { _zod?: { def?: Definition } } | undefined)?._zod?.def;
  return def?.innerType === undefined ? def : definition(def.innerType);
}
