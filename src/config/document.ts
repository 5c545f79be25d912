import { open } from 'node:fs/promises';
import {
  LineCounter,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
} from 'yaml';
import type { Problem } from './problem.js';
import { UsageError } from '../errors.js';

const MOST_BYTES = 1024 ** 2;
const MOST_NODES = 20_000;
const MOST_DEPTH = 40;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** A parsed file: plain data, and where each of its values stands. */
export interface ConfigDocument {
  readonly value: unknown;
  /** Line and column, from 1, of the value at `path`; of the key with `key`. The nearest parent's when there is no such value. */
  readonly locate: (
    path: readonly PropertyKey[],
    what?: 'key' | 'value',
  ) => { readonly line: number; readonly column: number };
}
export type ParsedDocument =
  | { readonly ok: true; readonly document: ConfigDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Fails with `UsageError` when the file cannot be read at all. */
export async function readText(file: string): Promise<string | Problem> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${file} cannot be read: ${error.code ?? error.message}`,
      'name the file with -f, or make one with `shipway init`',
    );
  });
  try {
    const { size } = await handle.stat();
    if (size > MOST_BYTES)
      return whole(
        file,
        `the file has ${String(size)} bytes`,
        `a file of at most ${String(MOST_BYTES)} bytes`,
      );
    return decoded(file, await handle.readFile());
  } finally {
    await handle.close();
  }
}

export function decoded(file: string, bytes: Uint8Array): string | Problem {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  } catch {
    return whole(file, 'the file is not UTF-8', 'saving it as UTF-8');
  }
}

const whole = (file: string, message: string, suggestion: string): Problem => ({
  file,
  line: 1,
  column: 1,
  path: '',
  message,
  suggestion,
});

/** Parses one YAML document, or says everything that is wrong with it as YAML. */
export function parseDocument(file: string, text: string): ParsedDocument {
  const refused = before(file, text);
  if (refused !== undefined) return { ok: false, problems: [refused] };
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: true,
    merge: false,
    strict: true,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
  });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [document, second] = 'empty' in documents ? [] : documents;
  if (document === undefined)
    return {
      ok: false,
      problems: [whole(file, 'the file is empty', '`shipway init`, which writes one to start from')],
    };
  const problems: Problem[] = document.errors.map((e) => ({
    file,
    ...at(e.pos[0]),
    path: '',
    message: e.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? 'it is not YAML',
    suggestion: hintFor(e.code),
  }));
  if (second !== undefined)
    problems.push({
      file,
      ...at(second.range[0]),
      path: '',
      message: 'the file holds two documents',
      suggestion: 'one file for each, without `---` between them',
    });
  if (problems.length === 0) problems.push(...walk(file, document, at));
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    document: { value: document.toJS({ maxAliasCount: 0 }) as unknown, locate: locator(document, at) },
  };
}

/** Deep nesting is refused before the parser meets it; tabs get a sentence of their own. */
function before(file: string, text: string): Problem | undefined {
  let depth = 0;
  let line = 1;
  let column = 0;
  let blank = true;
  for (const char of text) {
    column++;
    if (char === '\n') [line, column, blank] = [line + 1, 0, true];
    else if (char === '\t' && blank)
      return { file, line, column, path: '', message: 'a tab indents this line', suggestion: 'spaces' };
    else if (char !== ' ') blank = false;
    if (char === '[' || char === '{') depth++;
    if (char === ']' || char === '}') depth = Math.max(depth - 1, 0);
    if (depth > MOST_DEPTH)
      return {
        file,
        line,
        column,
        path: '',
        message: `brackets are nested deeper than ${String(MOST_DEPTH)}`,
        suggestion: 'a flatter file',
      };
    if (char === '\0')
      return {
        file,
        line,
        column,
        path: '',
        message: 'there is a NUL character',
        suggestion: 'taking it out',
      };
  }
  return undefined;
}

const hintFor = (code: string): string =>
  code === 'DUPLICATE_KEY' ? 'keeping one of the two' : 'correcting the YAML here';

/** Aliases, tags, keys and size, in one pass over the nodes. */
function walk(
  file: string,
  document: Document,
  at: (offset: number) => { line: number; column: number },
): Problem[] {
  const problems: Problem[] = [];
  let nodes = 0;
  const say = (node: Node, message: string, suggestion: string): void => {
    problems.push({ file, ...at(node.range?.[0] ?? 0), path: '', message, suggestion });
  };
  visit(document, {
    Node: (_key, node, ancestors) => {
      nodes++;
      if (nodes > MOST_NODES) {
        say(node, `the file has more than ${String(MOST_NODES)} values`, 'a smaller file');
        return visit.BREAK;
      }
      if (ancestors.length / 2 > MOST_DEPTH) {
        say(node, `it is nested deeper than ${String(MOST_DEPTH)}`, 'a flatter file');
        return visit.BREAK;
      }
      if (isAlias(node)) say(node, 'aliases are not taken', 'writing the value out');
      else if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:'))
        say(node, `the tag ${node.tag} is not known`, 'leaving it out');
      return undefined;
    },
    Pair: (_key, { key }) => {
      if (!isScalar(key) || typeof key.value !== 'string')
        say(isNode(key) ? key : (document.contents as Node), 'a key is not a text', 'quoting it');
      else if (FORBIDDEN.has(key.value)) say(key, `${key.value} cannot be a key`, 'another name');
    },
  });
  return problems;
}

function locator(
  document: Document,
  at: (offset: number) => { line: number; column: number },
): ConfigDocument['locate'] {
  return (path, what = 'value') => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const [i, step] of path.entries()) {
      if (!isCollection(node)) break;
      const pair = isMap(node) ? node.items.find((p) => isScalar(p.key) && p.key.value === step) : undefined;
      const keyAt = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
      const next: unknown = isMap(node) ? pair?.value : node.items[Number(step)];
      if (pair === undefined && !isNode(next)) break;
      const valueAt = isNode(next) ? next.range?.[0] : undefined;
      const last = i === path.length - 1;
      offset = (last && what === 'key' ? keyAt : undefined) ?? valueAt ?? keyAt ?? offset;
      node = isPair(next) ? next.value : next;
    }
    return at(offset);
  };
}
