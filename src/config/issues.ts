import type { z } from 'zod';
import { alternative, meantKey } from './alternative.js';
import type { ConfigDocument } from './document.js';
import type { Elsewhere } from './elsewhere.js';
import { said, type Said } from './issue-words.js';
import { exampleAt, keysAt } from './known-keys.js';
import { pathText, type Problem } from './problem.js';
import { shown } from './shown.js';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** Where a value was read from, and which of its parts could not be read, so that no rule speaks of those. */
export interface Source {
  readonly file: string;
  readonly document: ConfigDocument;
  /** Keys that a later version takes. */
  readonly coming: ReadonlySet<string>;
  /** Keys that are said in another place. */
  readonly elsewhere?: Elsewhere;
  readonly unread: Path[];
}

/** What a file's rules start from. */
export const sourceOf = (file: string, document: ConfigDocument, coming: ReadonlySet<string>): Source => ({
  file: document.file ?? file,
  document,
  coming,
  unread: [...document.unread],
});

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
    const issues = eachOnce(result.error.issues.flatMap(meantBy));
    if (depth === 0) problems.push(...issues.flatMap((issue) => problemsOf(issue, path, schema, source)));
    const cuts = issues.flatMap((issue) => cutsOf(issue, rest));
    source.unread.push(...cuts.map((cut) => [...path, ...cut]));
    if (cuts.some((cut) => cut.length === 0)) return undefined;
    rest = without(rest, cuts);
  }
  return undefined;
}

/** Of a value that may have several forms, what is wrong with the form that it has; of one that has none of them, with the first. */
function meantBy(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [first = [], ...others] = issue.errors;
  const none = (of: readonly Issue[]): boolean =>
    of.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
  const form = [first, ...others].find((of) => !none(of)) ?? first;
  return form.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** A number may be beyond the bounds of all whole numbers and beyond its own, which come after: those are said. */
const eachOnce = (issues: readonly Issue[]): readonly Issue[] => [
  ...new Map(issues.map((issue) => [JSON.stringify([issue.code, issue.path]), issue])).values(),
];

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

/** Whether a problem has said already that `key` was meant by another name. */
export const toldToTry = (problems: readonly Problem[], key: string): boolean =>
  problems.some(({ suggestion }) => suggestion === key);

/** Whether nothing at or below `path` was left out as wrong. */
export const wasRead = (source: Source, path: Path): boolean =>
  !source.unread.some((cut) => {
    const [short, long] = cut.length < path.length ? [cut, path] : [path, cut];
    return short.every((step, i) => step === long[i]);
  });

function problemsOf(issue: Issue, base: Path, schema: z.ZodType, source: Source): Problem[] {
  const path = [...base, ...issue.path];
  if (refused(issue, path, source)) return [];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const known = keysAt(schema, issue.path);
      const inner = known.find((one) => keysAt(schema, [...issue.path, one]).includes(key));
      return problemAt(source, [...path, key], ...unknownKey(key, { known, inner }, source), 'key');
    });
  const example = exampleAt(schema, issue.path);
  const text = issue.code === 'invalid_type' && issue.expected === 'string';
  const keys = text ? [] : keysAt(schema, issue.path);
  const last = path.at(-1);
  const key = typeof last === 'string' ? { key: last } : {};
  if (issue.code === 'invalid_key')
    return issue.issues.map((inner) =>
      problemAt(source, path, ...said(inner, { ...key, keys, example }), 'key'),
    );
  const written = source.document.places.source(path);
  const about = { ...key, keys, example, ...(written === undefined ? {} : { written }) };
  return [problemAt(source, path, ...said(issue, about))];
}

/** Whether this only follows from what the reader of the document refused, and said so. */
function refused(issue: Issue, path: Path, { document }: Source): boolean {
  const missing = issue.input === undefined;
  return document.unread.some(
    (cut) =>
      (missing ? cut.length <= path.length : cut.length === path.length) &&
      cut.every((step, i) => step === path[i]),
  );
}

/** `inner`: the known key whose mapping has it. */
function unknownKey(
  key: string,
  { known, inner }: { readonly known: readonly string[]; readonly inner: string | undefined },
  { coming, elsewhere }: Source,
): Said {
  const misplaced = elsewhere?.(key);
  if (misplaced !== undefined) return misplaced;
  const meant = meantKey(key, known);
  if (meant === undefined && coming.has(key)) return [`${key} is not available yet`, 'leaving it out'];
  const otherwise =
    inner !== undefined
      ? `${inner}: { ${key}: … }`
      : known.length === 1
        ? `leaving it out: the only key here is ${known[0] ?? ''}`
        : alternative(key, known);
  return [`there is no key ${shown(key)}`, meant ?? otherwise];
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
