import { UsageError } from '../errors.js';
import type { Values } from './table.js';

/** Results on stdout, progress on stderr, JSON when asked for: in one place, and nothing from elsewhere reaches the terminal raw. */
export function result(values: Values, json: object, lines: readonly string[]): void {
  if (values['json'] === true) process.stdout.write(`${jsonText({ schema: 1, ...json })}\n`);
  else write(process.stdout, lines, values);
}

export const progress = (line: string, values: Values = {}): void => {
  write(process.stderr, line.split('\n'), values);
};

function write(to: NodeJS.WriteStream, lines: readonly string[], values: Values): void {
  const coloured = to.isTTY && values['no-color'] !== true && !process.env['NO_COLOR'];
  for (const line of lines) to.write(`${coloured ? painted(printable(line)) : printable(line)}\n`);
}

/** What moves the cursor, colours the screen, or turns the direction of reading. */

const UNPRINTABLE =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text from elsewhere as it can be shown. New lines stay. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, '\uFFFD');

/** The same on one line, so that it cannot pretend to be a line of ours. */
export const oneLine = (text: string): string => printable(text.replace(/\r?\n|\r/g, ' ').trim());

/** JSON escapes control characters itself but not all that a terminal acts on. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value).replace(UNPRINTABLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

const COLOURS: Readonly<Record<string, number>> = {
  '✓': 32,
  '✗': 31,
  '▶': 36,
  '?': 33,
  '!': 33,
  '·': 2,
  '-': 2,
  '=': 2,
};

/** The mark that a line begins with, in its colour; the words stay as they are. */
const painted = (line: string): string =>
  line.replace(
    /^( *)([✓✗▶?!·=-])(?= )/,
    (_, space: string, mark: string) => `${space}\x1b[${String(COLOURS[mark])}m${mark}\x1b[0m`,
  );

/** Columns as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((r) => r.map(oneLine));
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((r) => (r[i] ?? '').length)));
  return cells.map((r) =>
    r
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export const string = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

/** What means something to another action only is not left unheard. `action` as it is typed: `secrets set`. Fails with `UsageError`. */
export function refuseOthers(values: Values, action: string, others: readonly string[]): void {
  const other = others.find((option) => values[option] !== undefined);
  if (other !== undefined)
    throw new UsageError(
      `${action} takes no --${other}`,
      `leave it out; see shipway ${action.split(' ')[0] ?? ''} --help`,
    );
}

/** A whole number in an option, from 1 to `most`. Fails with `UsageError`. */
export function whole(values: Values, name: string, otherwise: number, most: number): number {
  const text = string(values, name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d{1,6}$/.test(text) && value >= 1 && value <= most) return value;
  throw new UsageError(
    `--${name} takes a whole number from 1 to ${String(most)}, not ${JSON.stringify(text)}`,
    `--${name} ${String(otherwise)}`,
  );
}
