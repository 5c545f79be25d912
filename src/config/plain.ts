import { pathText } from './problem.js';
import { shown } from './shown.js';
import { FORBIDDEN, HIDDEN, MOST_DEPTH, MOST_NODES } from './taken.js';

/** What keeps a value from being plain data, and where in it. */
export interface NotPlain {
  readonly path: string;
  readonly message: string;
  readonly suggestion: string;
}
type Path = readonly PropertyKey[];

class Refusal extends Error {
  readonly why: NotPlain;

  constructor(path: Path, message: string, suggestion: string) {
    super(message);
    this.why = { path: pathText(path), message, suggestion };
  }
}

/**
 * A copy of a value made of mappings, lists, texts, numbers, yes and no alone, or what in it is something else. Keys that are
 * `undefined` are left out, as JSON does. Fails as a getter of the value fails.
 */
export function plain(value: unknown): { readonly data: unknown } | NotPlain {
  let left = MOST_NODES;
  const above = new Set<object>();
  const copy = (of: unknown, path: Path): unknown => {
    if (left-- === 0 || path.length > MOST_DEPTH)
      throw new Refusal([], 'it is too large or too deep for a configuration', 'a flatter one');
    if (of === null || typeof of === 'boolean') return of;
    if (typeof of === 'string') return visible(of, path);
    if (typeof of === 'number') return finite(of, path);
    if (typeof of !== 'object') throw new Refusal(path, `this is ${KINDS[typeof of] ?? typeof of}`, PLAIN);
    if (above.has(of)) throw new Refusal(path, 'this is what it is in: it has no end', 'writing it out');
    above.add(of);
    const made = Array.isArray(of) ? list(of, path) : mapping(of, path);
    above.delete(of);
    return made;
  };
  const list = (of: readonly unknown[], path: Path): unknown[] =>
    Array.from(of, (entry, i) => copy(entry, [...path, i]));
  const mapping = (of: object, path: Path): object => {
    const prototype: unknown = Object.getPrototypeOf(of);
    if (prototype !== null && prototype !== Object.prototype)
      throw new Refusal(path, `this is ${nameOf(of)}`, PLAIN);
    const entries: (readonly [string, unknown])[] = [];
    for (const key of Reflect.ownKeys(of)) {
      if (typeof key === 'symbol') throw new Refusal(path, 'a key is a symbol', 'a text as the key');
      visible(key, path);
      if (FORBIDDEN.has(key)) throw new Refusal([...path, key], `${key} cannot be a key`, 'another name');
      const entry = (of as Readonly<Record<string, unknown>>)[key];
      if (entry !== undefined) entries.push([key, copy(entry, [...path, key])]);
    }
    return Object.fromEntries(entries);
  };
  try {
    return { data: copy(value, []) };
  } catch (error) {
    if (error instanceof Refusal) return error.why;
    throw error;
  }
}

const PLAIN = 'a text, a number, true or false, a list or a mapping';
const KINDS: Readonly<Record<string, string>> = {
  function: 'a function',
  bigint: 'a bigint',
  symbol: 'a symbol',
  undefined: 'undefined',
};

function visible(text: string, path: Path): string {
  if (!HIDDEN.test(text)) return text;
  throw new Refusal(path, `${shown(text)} holds a character that is not seen`, 'taking it out');
}

function finite(value: number, path: Path): number {
  if (Number.isFinite(value)) return value;
  throw new Refusal(path, `${String(value)} is no number that a file can hold`, 'a plain number');
}

function nameOf(value: object): string {
  const { constructor: made } = value as { readonly constructor?: unknown };
  const name = typeof made === 'function' && made.name !== '' ? made.name : 'an object of a class';
  return name === 'an object of a class' ? name : `an object of the class ${shown(name)}`;
}
