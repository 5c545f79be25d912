import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { ConfigDocument } from './document.js';
import { keysAt } from './known-keys.js';
import { pathText, type Problem } from './problem.js';
import { shown } from './shown.js';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** Where a value was read from, and which of its parts could not be read, so that no rule speaks of those. */
export interface Source {
  readonly file: string;
  readonly document: ConfigDocument;
  readonly unread: Path[];
}

/** Keys of the deployment guide that are still to come. */
const COMING = new Set([
  ...['image', 'resources', 'handler', 'events', 'headers', 'output_directory', 'batch_size', 'pause'],
  ...['notification_channels', 'required_roles', 'performance_test', 'migrations', 'secrets', 'freezes'],
]);

/**
 * Parses `value`, which stands at `path`; problems speak plainly and point at the line. What is wrong is left out and the rest
 * is returned, so that all problems are found at once; `undefined` when there is no rest.
 */
export function parseAt<S extends z.ZodType>(
  schema: S,
  value: unknown,
  path: Path,
  source: Source,
  problems: Problem[],
): z.output<S> | undefined {
  let rest = value;
  // What is left out may be missed in its turn, by what it was required in.
  for (let depth = 0; depth < 8; depth++) {
    const result = schema.safeParse(rest, { reportInput: true });
    if (result.success) return result.data;
    const { issues } = result.error;
    if (depth === 0) problems.push(...issues.flatMap((issue) => problemsOf(issue, path, schema, source)));
    const cuts = issues.flatMap((issue) => cutsOf(issue, rest));
    source.unread.push(...cuts.map((cut) => [...path, ...cut]));
    if (cuts.some((cut) => cut.length === 0)) return undefined;
    rest = without(rest, cuts);
  }
  return undefined;
}

/** A problem of shipway's own rules. */
export function problemAt(
  source: Source,
  path: Path,
  message: string,
  suggestion: string,
  what: 'key' | 'value' = 'value',
): Problem {
  return {
    file: source.file,
    ...source.document.places.locate(path, what),
    path: pathText(path),
    message,
    suggestion,
  };
}

/** Whether nothing at or below `path` was left out as wrong. */
export const wasRead = (source: Source, path: Path): boolean =>
  !source.unread.some((cut) => {
    const [short, long] = cut.length < path.length ? [cut, path] : [path, cut];
    return short.every((step, i) => step === long[i]);
  });

/** The known name that is nearest, if it is near; else all of them. */
export function alternative(given: string, known: readonly string[]): string {
  if (known.length === 0) return 'leaving it out';
  const near = closest(given, [...known]);
  return distance(given, near) <= Math.max(2, Math.floor(given.length / 3))
    ? near
    : `one of ${known.join(', ')}`;
}

function problemsOf(issue: Issue, base: Path, schema: z.ZodType, source: Source): Problem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      COMING.has(key)
        ? problemAt(source, [...path, key], `${key} is not available yet`, 'leaving it out', 'key')
        : problemAt(
            source,
            [...path, key],
            `there is no key ${shown(key)}`,
            alternative(key, keysAt(schema, issue.path)),
            'key',
          ),
    );
  if (issue.code === 'invalid_key')
    return issue.issues.map((inner) => problemAt(source, path, ...said(inner), 'key'));
  return [problemAt(source, path, ...said(issue, source.document.places.source(path)))];
}

/** What is wrong and what to try: a message of ours has both, on two lines; what zod found is put in words. */
function said(issue: Issue, written?: string): [string, string] {
  const [own, hint] = issue.message.split('\n');
  if (own !== undefined && hint !== undefined) return [own, hint];
  switch (issue.code) {
    case 'invalid_type':
      return wrongKind(issue.input, issue.expected, written);
    case 'invalid_value': {
      const values = issue.values.map(String);
      return issue.input === undefined
        ? ['it is missing', values.join(' or ')]
        : [`${shown(written ?? issue.input)} is not known here`, alternative(textOf(issue.input), values)];
    }
    case 'too_small':
      return isNumber(issue.origin)
        ? [`it is less than ${String(issue.minimum)}`, `at least ${String(issue.minimum)}`]
        : ['it is empty', 'at least one'];
    case 'too_big':
      return isNumber(issue.origin)
        ? [`it is more than ${String(issue.maximum)}`, `at most ${String(issue.maximum)}`]
        : ['it is too long', `at most ${String(issue.maximum)}`];
    default:
      return [issue.message, 'correcting it'];
  }
}
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
const isNumber = (origin: string): boolean => origin === 'number' || origin === 'int';

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

function wrongKind(input: unknown, expected: string, written: string | undefined): [string, string] {
  const wanted = kind(expected);
  if (input === undefined) return ['it is missing', `adding it: ${wanted}`];
  if (input === null) return [`there is nothing, and it is ${wanted}`, wanted];
  if (Array.isArray(input)) return [`this is a list, not ${wanted}`, wanted];
  if (typeof input === 'object') return [`this is a mapping, not ${wanted}`, wanted];
  const text = written ?? textOf(input);
  return expected === 'string'
    ? [
        `${text} is ${typeof input === 'boolean' ? 'a yes or no' : 'a number'}, not a text`,
        `quoting it: "${text}"`,
      ]
    : [`${shown(text)} is not ${wanted}`, wanted];
}

/** What has to be left out for `issue` to be gone. A list with a wrong entry is left out as a whole: its order means something. */
function cutsOf(issue: Issue, value: unknown): readonly Path[] {
  const paths =
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return paths.map((path) => {
    const entry = path.findIndex((step) => typeof step === 'number');
    const cut = entry < 0 ? path : path.slice(0, entry);
    return cut.length > 0 && at(value, cut) === undefined ? cut.slice(0, -1) : cut;
  });
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((v, step) => (isMapping(v) && Object.hasOwn(v, step) ? v[step] : undefined), value);

function without(value: unknown, cuts: readonly Path[]): unknown {
  const copy = structuredClone(value);
  for (const cut of cuts) {
    const parent = at(copy, cut.slice(0, -1));
    const last = cut.at(-1);
    if (isMapping(parent) && last !== undefined) Reflect.deleteProperty(parent, last);
  }
  return copy;
}
const isMapping = (v: unknown): v is Record<PropertyKey, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v);
