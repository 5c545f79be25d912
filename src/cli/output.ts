import type { Values } from './table.js';

/** Results on stdout, progress on stderr, JSON when asked for: in one place. */
export function result(values: Values, json: object, lines: readonly string[]): void {
  if (values['json'] === true) process.stdout.write(`${JSON.stringify({ schema: 1, ...json })}\n`);
  else for (const line of lines) process.stdout.write(`${line}\n`);
}

export const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** Text from elsewhere without what would move the cursor, colour the screen, or turn the direction of reading. New lines stay. */
export const printable = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\uFFFD');

/** Columns as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((r) => (r[i] ?? '').length)));
  return rows.map((r) =>
    r
      .map((cell, i) => printable(cell).padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export const string = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};
