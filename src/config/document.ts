import {
  Composer,
  LineCounter,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type CST,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { shown } from './shown.js';
import { Places, type Spot } from './places.js';
import type { Problem } from './problem.js';
import { whole } from './read-text.js';
import { MOST_DEPTH, tokensOf, type Stop } from './yaml-tokens.js';

/** More are not shown: whoever has so many has one cause for most of them. */
const MOST_PROBLEMS = 50;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
/** Words that YAML 1.1 reads as true or false, and YAML 1.2 as texts: two tools would see two configurations. */
const TWO_WAYS = /^(y|n|yes|no|on|off)$/i;
/** Control characters, and those that make a line look like another. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** A parsed file: plain data, and where each of its values stands. */
export interface ConfigDocument {
  readonly value: unknown;
  readonly places: Places;
}
/** `document` is there when the file is YAML at all; what is wrong in it has been left out of `value`. */
export interface ParsedDocument {
  readonly document?: ConfigDocument;
  readonly problems: readonly Problem[];
}

/** Parses one YAML document of text keys, numbers, booleans and texts; anything else YAML can do is a problem. */
export function parseDocument(file: string, text: string): ParsedDocument {
  const lines = new LineCounter();
  const spotOf = (offset: number): Spot => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const say: Say = (offset, message, suggestion) => ({
    file,
    ...spotOf(offset),
    path: '',
    message,
    suggestion,
  });
  const tokens = tokensOf(text, lines);
  if (!isTokens(tokens)) return { problems: [say(tokens.offset, tokens.message, tokens.suggestion)] };
  const [document, second] = composed(tokens, text.length);
  if (document === undefined)
    return {
      problems: [whole(file, 'the file is empty', '`shipway init`, which writes one to start from')],
    };
  if (second !== undefined)
    return {
      problems: [
        say(second.range[0], 'the file holds two documents', 'one file for each, without `---` between them'),
      ],
    };
  if (document.errors.length > 0) return { problems: syntaxProblems(document, text, say) };
  const reader = new Reader(say, new Places(spotOf));
  const value = reader.read(document.contents, []);
  return { document: { value, places: reader.places }, problems: reader.problems.slice(0, MOST_PROBLEMS) };
}
type Say = (offset: number, message: string, suggestion: string) => Problem;

const isTokens = (tokens: readonly CST.Token[] | Stop): tokens is readonly CST.Token[] =>
  Array.isArray(tokens);

const composed = (tokens: readonly CST.Token[], length: number): readonly Document.Parsed[] => {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    strict: true,
    merge: false,
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: 'silent',
    // Looked for by the reader: there it costs one look a key and not one a pair of keys.
    uniqueKeys: false,
  });
  return [...composer.compose(tokens, false, length)];
};

function syntaxProblems({ errors }: Document.Parsed, text: string, say: Say): readonly Problem[] {
  const problems = errors.map(({ pos: [offset], code, message }) => {
    const start = text.lastIndexOf('\n', offset - 1) + 1;
    const indent = /^ *\t/.exec(text.slice(start, start + 1000));
    if (indent !== null || code === 'TAB_AS_INDENT')
      return say(
        indent === null ? offset : start + indent[0].length - 1,
        'a tab indents this line',
        'spaces',
      );
    return say(
      offset,
      (message.split('\n')[0] ?? message).replace(/ at line .*$/, ''),
      'correcting the YAML here',
    );
  });
  const lines = new Map(problems.map((p) => [p.line, p] as const).reverse());
  return [...lines.values()].sort((a, b) => a.line - b.line).slice(0, MOST_PROBLEMS);
}

/** Makes plain data of nodes, and notes where it stands and what may not be there. */
class Reader {
  readonly problems: Problem[] = [];
  readonly places: Places;
  private readonly say: Say;

  constructor(say: Say, places: Places) {
    this.say = say;
    this.places = places;
  }

  read(node: unknown, path: readonly PropertyKey[], key?: number): unknown {
    const at = isNode(node) ? (node.range?.[0] ?? key ?? 0) : (key ?? 0);
    const source = isScalar(node) ? { source: node.source ?? '' } : {};
    const value = isScalar(node) && node.value === null && node.source === '' ? (key ?? at) : at;
    this.places.set(path, { value, ...(key === undefined ? {} : { key }), ...source });
    if (path.length > MOST_DEPTH)
      return this.refuse(at, `it is nested deeper than ${String(MOST_DEPTH)}`, 'a flatter file');
    if (isAlias(node)) return this.refuse(at, 'an alias is not taken', 'writing the value out');
    this.plain(node, at);
    if (isMap(node)) return this.mapping(node, path);
    if (isSeq(node)) return node.items.map((item, i) => this.read(item, [...path, i]));
    return isScalar(node) ? this.scalar(node.value, node.type === 'PLAIN', at) : null;
  }

  private refuse(at: number, message: string, suggestion: string): undefined {
    this.problems.push(this.say(at, message, suggestion));
    return undefined;
  }

  private plain(node: unknown, at: number): void {
    if (!isNode(node)) return;
    const { tag, anchor } = node as Node & { readonly anchor?: string };
    if (tag !== undefined) this.refuse(at, `the tag ${shown(tag)} is not taken`, 'leaving it out');
    if (anchor !== undefined) this.refuse(at, 'an anchor is not taken', 'leaving it out');
  }

  private scalar(value: unknown, plain: boolean, at: number): unknown {
    if (typeof value !== 'string') return value;
    if (HIDDEN.test(value))
      this.refuse(at, `${shown(value)} holds a character that is not seen`, 'taking it out');
    if (plain && TWO_WAYS.test(value))
      this.refuse(
        at,
        `${value} is a text to some readers of YAML and a yes or no to others`,
        `"${value}" if it is a text, else true or false`,
      );
    return value;
  }

  private mapping(node: YAMLMap, path: readonly PropertyKey[]): Record<string, unknown> {
    const mapping: Record<string, unknown> = {};
    for (const pair of node.items) {
      const key = this.key(pair, mapping, path);
      if (key !== undefined) mapping[key.name] = this.read(pair.value, [...path, key.name], key.at);
    }
    return mapping;
  }

  /** The key of a pair; `undefined` when the pair is refused. */
  private key(
    { key }: Pair,
    mapping: object,
    path: readonly PropertyKey[],
  ): { name: string; at: number } | undefined {
    const at = isNode(key) ? (key.range?.[0] ?? 0) : 0;
    this.plain(key, at);
    if (!isScalar(key)) return this.refuse(at, 'a key is not a text', 'a text as the key');
    const { value, source = '' } = key;
    if (value === '<<') return this.refuse(at, 'a merge key is not taken', 'writing the keys out');
    if (typeof value !== 'string')
      return this.refuse(
        at,
        source === '' ? 'a key is empty' : `the key ${shown(source)} is not a text`,
        `quoting it: "${source}"`,
      );
    if (HIDDEN.test(value))
      return this.refuse(at, `the key ${shown(value)} holds a character that is not seen`, 'taking it out');
    if (FORBIDDEN.has(value)) return this.refuse(at, `${value} cannot be a key`, 'another name');
    if (Object.hasOwn(mapping, value)) {
      const first = this.places.locate([...path, value], 'key');
      return this.refuse(
        at,
        `there is another ${shown(value)} at ${String(first.line)}:${String(first.column)}`,
        'keeping one of the two',
      );
    }
    return { name: value, at };
  }
}
