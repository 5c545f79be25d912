import { Lexer, Parser, type CST, type LineCounter } from 'yaml';
import { MOST_DEPTH, MOST_NODES } from './taken.js';

/** Enough for `MOST_NODES` values with their punctuation, and for a file of 1 MiB that is mostly comments. */
const MOST_LEXEMES = 200_000;

/** Where reading stopped, and why. */
export interface Stop {
  readonly offset: number;
  readonly message: string;
  readonly suggestion: string;
}

/**
 * The tokens of a text, or the place at which it turns out to be no configuration. Works a lexeme at a time and with bounded
 * nesting, so that what would exhaust the stack or the memory of the composer never gets that far.
 */
export function tokensOf(text: string, lines: LineCounter): readonly CST.Token[] | Stop {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  let values = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'directive')
        return { offset: token.offset, message: 'a directive is not taken', suggestion: 'taking it out' };
      tokens.push(token);
    }
    lexemes++;
    // A scalar is announced by this control character.
    if (lexeme === '\u001f' || lexeme === '[' || lexeme === '{') values++;
    const stop = tooMuch(parser, values, lexemes);
    if (stop !== undefined) return stop;
  }
  return [...tokens, ...parser.end()];
}

function tooMuch({ stack, offset }: Parser, values: number, lexemes: number): Stop | undefined {
  // The stack holds the document, the collections around this place, and the scalar being read.
  if (stack.length > MOST_DEPTH + 2)
    return {
      offset,
      message: `it is nested deeper than ${String(MOST_DEPTH)}`,
      suggestion: 'a flatter file',
    };
  if (values > MOST_NODES)
    return { offset, message: `the file has more than ${String(MOST_NODES)} values`, ...SMALLER };
  return lexemes > MOST_LEXEMES
    ? { offset, message: `the file has more than ${String(MOST_LEXEMES)} lines and marks`, ...SMALLER }
    : undefined;
}
const SMALLER = { suggestion: 'a file of only the configuration' };
