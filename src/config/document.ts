import { Composer, LineCounter, isScalar, type CST, type Document } from 'yaml';
import { NodeReader } from './node-reader.js';
import { Places, type Spot } from './places.js';
import { inOrder, type Problem } from './problem.js';
import { readText, whole } from './read-text.js';
import { syntaxFaults, type SyntaxFault } from './yaml-syntax.js';
import { tokensOf, type Stop } from './yaml-tokens.js';

/** A parsed file: plain data, where each of its values stands, and the paths of what was refused and is not in it. */
export interface ConfigDocument {
  readonly value: unknown;
  readonly places: Places;
  readonly unread: readonly (readonly PropertyKey[])[];
  /** The file that the places are in, where that is not the one that was read. */
  readonly file?: string;
}
/** `document` is there when the file is one at all; what is wrong in it has been left out of `value`. */
export interface ParsedDocument {
  readonly document?: ConfigDocument;
  readonly problems: readonly Problem[];
  /** What it printed, where it is code. */
  readonly printed?: string;
}

/** The document in a file, which is never evaluated. Fails with `UsageError` only when the file cannot be read at all. */
export async function readDocument(file: string): Promise<ParsedDocument> {
  const text = await readText(file);
  return typeof text === 'string' ? parseDocument(file, text) : { problems: [text] };
}

/** Parses one YAML document of text keys, numbers, booleans and texts; anything else YAML can do is a problem. */
export function parseDocument(file: string, text: string): ParsedDocument {
  const lines = new LineCounter();
  const spotOf = (offset: number): Spot => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const say = ({ offset, message, suggestion }: SyntaxFault): Problem => ({
    ...{ file, ...spotOf(offset), path: '' },
    ...{ message, suggestion },
  });
  const tokens = tokensOf(text, lines);
  if (!isTokens(tokens)) return { problems: [say(tokens)] };
  const [document, second] = composed(tokens, text.length);
  if (document === undefined || (second === undefined && isNothing(document)))
    return {
      problems: [whole(file, 'the file is empty', '`shipway init`, which writes one to start from')],
    };
  if (second !== undefined) return { problems: [say({ offset: startOf(second, text), ...TWO })] };
  if (document.errors.length > 0)
    return { problems: onePerLine(syntaxFaults(document.errors, tokens, text).map(say)) };
  const reader = new NodeReader(file, text, new Places(spotOf));
  const value = reader.read(document.contents, []);
  const { places, unread, problems } = reader;
  return { document: { value, places, unread }, problems };
}

const TWO = {
  message: 'the file holds two documents',
  suggestion: 'one file for each, without `---` between them',
};
/** Where its `---` is. */
const startOf = ({ range: [offset] }: Document.Parsed, text: string): number =>
  Math.max(text.lastIndexOf('---', offset), 0);

const isTokens = (tokens: readonly CST.Token[] | Stop): tokens is readonly CST.Token[] =>
  Array.isArray(tokens);

const isNothing = ({ contents, errors }: Document.Parsed): boolean =>
  errors.length === 0 && (contents === null || (isScalar(contents) && contents.value === null));

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

const onePerLine = (problems: readonly Problem[]): readonly Problem[] =>
  inOrder([...new Map([...problems].reverse().map((p) => [p.line, p] as const)).values()]);
