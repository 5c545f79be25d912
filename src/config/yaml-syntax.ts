import type { CST, YAMLParseError } from 'yaml';
import { shown } from './shown.js';

/** Something that is no YAML: where, what, and what to try. */
export interface SyntaxFault {
  readonly offset: number;
  readonly message: string;
  readonly suggestion: string;
}
type Said = readonly [message: string, suggestion: string];

/** What the errors of the composer mean to whoever wrote the text. One a line: the others on it follow from the first. */
export function syntaxFaults(
  errors: readonly YAMLParseError[],
  tokens: readonly CST.Token[],
  text: string,
): readonly SyntaxFault[] {
  const open = tokens.flatMap((token) => [...unclosed(token)]);
  const first = Math.min(...open.map((fault) => fault.offset));
  // Once a value has ended too early, all the rest stands in the wrong place.
  const last = errors.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN');
  const others = (last < 0 ? errors : errors.slice(0, last + 1))
    // What comes after something that was never closed was read as a part of it.
    .filter(({ pos: [offset] }) => offset < first)
    .map((error) => faultOf(error, text));
  const tabs = others.filter(({ message }) => message === TAB[0]);
  return tabs.length > 0 ? tabs : [...others, ...open];
}

const TAB: Said = ['a tab indents this line', 'spaces'];
const UNCLOSED: Readonly<Record<string, Said>> = {
  '[': ['this [ is never closed', 'a ] where the list ends'],
  '{': ['this { is never closed', 'a } where the mapping ends'],
  '"': ['this " is never closed', 'another " where the text ends'],
  "'": ["this ' is never closed", "another ' where the text ends"],
};

function* unclosed(token: CST.Token | null | undefined): Generator<SyntaxFault> {
  if (token === null || token === undefined) return;
  if (token.type === 'document') yield* unclosed(token.value);
  else if ('items' in token) {
    for (const { key, value } of token.items) {
      yield* unclosed(key);
      yield* unclosed(value);
    }
    if (token.type === 'flow-collection' && !token.end.some(({ type }) => CLOSING.has(type)))
      yield open(token.start.source, token.offset);
  } else if (token.type === 'double-quoted-scalar' || token.type === 'single-quoted-scalar') {
    const quote = token.source.charAt(0);
    if (token.source.length < 2 || !token.source.endsWith(quote)) yield open(quote, token.offset);
  }
}
const CLOSING = new Set<string>(['flow-map-end', 'flow-seq-end']);

function open(mark: string, offset: number): SyntaxFault {
  const [message, suggestion] = UNCLOSED[mark] ?? OTHERWISE;
  return { offset, message, suggestion };
}
const OTHERWISE: Said = ['this is not YAML', 'correcting it'];

function faultOf(error: YAMLParseError, text: string): SyntaxFault {
  const [offset] = error.pos;
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const line = lineAt(text, start);
  const indent = /^ *\t/.exec(line);
  if (indent !== null) return fault(start + indent[0].length - 1, TAB);
  if (error.code === 'TAB_AS_INDENT') return fault(offset, TAB);
  for (const [sign, said] of SIGNS) {
    const found = sign.exec(line);
    if (found !== null) return fault(start + (found[1] ?? '').length, said);
  }
  const deeper = error.code.endsWith('_IMPLICIT_KEY') ? tooDeep(text, start) : undefined;
  const said = MEANINGS[error.code]?.(error.message, text.slice(offset, offset + 40)) ?? unknown(error);
  return deeper ?? fault(offset, said);
}

const lineAt = (text: string, start: number): string =>
  /^[^\r\n]{0,500}/.exec(text.slice(start, start + 500))?.[0] ?? '';

/** The first line with a key that is read as more of the value of the line at `start`, because it is indented deeper than that one's key. */
function tooDeep(text: string, start: number): SyntaxFault | undefined {
  const [, indent, key, value] = /^( *(?:- +)*)([\w.-]+): +(.*)$/.exec(lineAt(text, start)) ?? [];
  if (indent === undefined || key === undefined || value === undefined || COLON.test(value)) return undefined;
  for (let at = text.indexOf('\n', start) + 1; at > 0; at = text.indexOf('\n', at) + 1) {
    const line = lineAt(text, at);
    if (line.trim() !== '' && line.search(/\S/) <= indent.length) return undefined;
    if (COLON.test(line)) return fault(at, [TOO_DEEP, `${spacesOf(indent)} before it, as before ${key}`]);
  }
  return undefined;
}
const TOO_DEEP = 'the line is indented as if it belonged to the value above it';
const spacesOf = ({ length }: string): string =>
  length === 0 ? 'no space' : length === 1 ? 'one space' : `${String(length)} spaces`;
/** What makes a key. */
const COLON = /:(?: |$)/;

const fault = (offset: number, [message, suggestion]: Said): SyntaxFault => ({ offset, message, suggestion });

/** What a line shows by itself; the group is what stands before the place. */
const SIGNS: readonly (readonly [RegExp, Said])[] = [
  [/^(?:<{7}|={7}|>{7})(?: |$)/, ['a merge conflict is not resolved here', 'keeping one of the two sides']],
  [/^([^#"']*)\u00a0/, ['there is a no-break space', 'an ordinary space in its place']],
  [
    /^(\s*(?:- +)?[A-Za-z_][\w-]*:)[^\s:/]/,
    ['there is no space after the colon, so this is no key', 'a space after the colon'],
  ],
];

type Meaning = (message: string, rest: string) => Said;
const MEANINGS: Partial<Record<YAMLParseError['code'], Meaning>> = {
  BAD_ALIAS: () => ['an alias is not taken', 'writing the value out, or quoting a text that begins with *'],
  BAD_DQ_ESCAPE: (_, rest) => [
    `between double quotes, ${shown(rest.slice(0, 2))} means nothing`,
    'single quotes, which take everything as it is written',
  ],
  BAD_INDENT: () => INDENT,
  BAD_SCALAR_START: (_, rest) => [
    `a text that begins with ${rest.charAt(0)} needs quotes`,
    `quoting it: "${/^[^,\]}\r\n]*/.exec(rest)?.[0].trim() ?? rest}"`,
  ],
  BLOCK_AS_IMPLICIT_KEY: (message) =>
    message.startsWith('Nested')
      ? ['there is a second colon in this value', 'quoting the whole value']
      : ['a list stands where a key and a colon are wanted', 'indenting it like its neighbours'],
  BLOCK_IN_FLOW: () => [
    '`key:` or `-` stands here between brackets',
    'a comma before it, as in { a: 1, b: 2 }',
  ],
  KEY_OVER_1024_CHARS: () => ['a key has more than 1024 characters', 'a shorter one'],
  MISSING_CHAR: (message, rest) => {
    if (message.includes(',')) return ['a comma is missing before this', 'a comma'];
    return message.startsWith('Sequence item') && /^ +[\w.-]+:(?:\s|$)/.test(rest) ? INDENT : NO_PAIR;
  },
  MULTILINE_IMPLICIT_KEY: () => NO_PAIR,
  UNEXPECTED_TOKEN: (_, rest) =>
    rest.startsWith(',')
      ? ['there is nothing between two commas', 'taking one out']
      : [
          `${shown(/^[^\r\n]*/.exec(rest)?.[0] ?? rest)} does not belong here`,
          'taking it out, or quoting the whole value',
        ],
};
const INDENT: Said = [
  'the line is indented neither like the lines around it nor like what belongs to them',
  'as many spaces as its neighbours have',
];
const NO_PAIR: Said = [
  'this is neither a key with its value nor an entry of a list',
  '`key: value` or `- entry`',
];

const unknown = ({ message }: YAMLParseError): Said => [
  (message.split('\n')[0] ?? message).replace(/ at line .*$/, ''),
  'correcting the YAML here',
];
