import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { ConfigDocument } from './document.js';
import { pathText, type Problem } from './problem.js';

/** Where a value was read from: the file, its places, and the path of what was parsed. */
export interface Source {
  readonly file: string;
  readonly document: ConfigDocument;
}
type Issue = z.core.$ZodIssue;

/** Parses `value`, which stands at `path`; problems speak plainly and point at the line. */
export function parseAt<S extends z.ZodType>(
  schema: S,
  value: unknown,
  path: readonly PropertyKey[],
  source: Source,
  problems: Problem[],
): z.output<S> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) problems.push(...problemsOf(issue, path, schema, source));
  return undefined;
}

/** A problem of shipway's own rules. */
export function problemAt(
  source: Source,
  path: readonly PropertyKey[],
  message: string,
  suggestion: string,
  what: 'key' | 'value' = 'value',
): Problem {
  return {
    file: source.file,
    ...source.document.locate(path, what),
    path: pathText(path),
    message,
    suggestion,
  };
}

function problemsOf(
  issue: Issue,
  base: readonly PropertyKey[],
  schema: z.ZodType,
  source: Source,
): Problem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) =>
      problemAt(source, [...path, key], `there is no key ${key}`, alternative(key, known), 'key'),
    );
  }
  if (issue.code === 'invalid_key')
    return issue.issues.map((inner) => problemAt(source, path, ...said(inner), 'key'));
  return [problemAt(source, path, ...said(issue))];
}

/** What is wrong and what to try, from a message of ours or in words for what zod found. */
function said(issue: Issue): [string, string] {
  const [own, hint] = issue.message.split(' | ');
  if (own !== undefined && hint !== undefined) return [own, hint];
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? ['it is missing', `adding it: ${kind(issue.expected)}`]
        : [`this is ${have(issue.input)}, not ${kind(issue.expected)}`, kind(issue.expected)];
    case 'invalid_value': {
      const values = issue.values.map(String);
      return issue.input === undefined
        ? ['it is missing', values.join(' or ')]
        : [`${JSON.stringify(issue.input)} is not known here`, alternative(String(issue.input), values)];
    }
    case 'too_small':
      return [
        issue.origin === 'number' || issue.origin === 'int'
          ? `it is less than ${String(issue.minimum)}`
          : 'it is empty',
        `at least ${String(issue.minimum)}`,
      ];
    case 'too_big':
      return [`it is more than ${String(issue.maximum)}`, `at most ${String(issue.maximum)}`];
    default:
      return [issue.message, 'correcting it'];
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};
const kind = (expected: string): string => KINDS[expected] ?? expected;

/** What is there; a value that YAML read as something else than its writer meant is told so. */
function have(input: unknown): string {
  if (input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a mapping';
  return `${JSON.stringify(input)}, which YAML reads as ${kind(typeof input)} (quote it if it is a text)`;
}

/** The known name that is nearest, if it is near; else all of them. */
export function alternative(given: string, known: readonly string[]): string {
  if (known.length === 0) return 'leaving it out';
  const near = closest(given, [...known]);
  return distance(given, near) <= Math.max(2, Math.floor(given.length / 3))
    ? near
    : `one of ${known.join(', ')}`;
}

/** The keys that the schema knows at a path, for suggestions. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema;
  for (const step of path) {
    const def = definition(at);
    at = def?.shape?.[String(step)] ?? def?.element ?? def?.valueType;
  }
  return Object.keys(definition(at)?.shape ?? {});
}

interface Definition {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly innerType?: unknown;
}

/** The definition behind optional, nullable and the like. */
function definition(schema: unknown): Definition | undefined {
  const def = (schema as { _zod?: { def?: Definition } } | undefined)?._zod?.def;
  return def?.innerType === undefined ? def : definition(def.innerType);
}
