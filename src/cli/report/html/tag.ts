import { printable } from '../../output.js';

/** Markup that is safe to put into a page as it is: only `html` makes it. */
class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
export type { Markup };
/** What may stand in a template: text is escaped, markup is not, nothing is nothing. */
export type Part = Markup | string | number | undefined | readonly Part[];

/** Markup of a template. Every text in it is escaped, so that it is safe between tags and within quoted attributes. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(strings.map((s, i) => s.replace(INDENT, '\n') + textOf(parts[i])).join(''));
/** That of the source is of no use to the page. */
const INDENT = /\n\s+/g;

/** Our own text as it is, where escaping would change its meaning: a style sheet. */
export const verbatim = (text: string): Markup => new Markup(text);

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return printable(String(part)).replace(/[&<>"'`]/g, (c) => `&#${String(c.charCodeAt(0))};`);
}
