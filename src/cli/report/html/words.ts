import { instant, lengthOf } from '../../render/text.js';
import { html, type Markup } from './tag.js';

/** An instant to the second, with all of it for machines. */
export const time = (iso: string): Markup => html`<time datetime="${iso}">${instant(iso)}</time>`;

export const isoOf = (epochMs: number): string => new Date(epochMs).toISOString();

/** A length of time from one instant to another. */
export const took = (from: string, to: string): string => lengthOf(Date.parse(to) - Date.parse(from));

/** Words that are names in code as people read them. */
export const plain = (name: string): string => name.replaceAll('_', ' ');

const SHORT = 12;
/** A digest as it is shown everywhere, all of it at hand. */
export const hash = (digest: string): Markup =>
  html`<code title="${digest}">${digest.slice(0, SHORT)}</code>`;

/** A word in the colour of what it means; the word says it, too. */
export const badge = (kind: string, text = plain(kind)): Markup =>
  html`<span class="badge ${kind.replace(/[^a-z_]/g, '')}">${text}</span>`;

/** A table that scrolls by itself where it is wider than the page. */
export const table = (
  caption: string,
  heads: readonly (Markup | string)[],
  rows: readonly (readonly (Markup | string | number | undefined)[])[],
): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <thead>
        <tr>
          ${heads.map((h) => html`<th scope="col">${h}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...cells]) =>
            html`<tr>
              <th scope="row">${first}</th>
              ${cells.map((c) => html`<td>${c}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;

type Row = Parameters<typeof table>[2][number];
/** Rows with one in their middle that says how many were left out there. */
export function gapped(rows: readonly Row[], leftOut: number, what: string): readonly Row[] {
  if (leftOut === 0) return rows;
  const half = Math.ceil(rows.length / 2);
  const blank = (rows[0] ?? []).slice(2).map(() => '');
  return [
    ...rows.slice(0, half),
    ['…', ...blank, `${String(leftOut)} more are left out here: ${what}`],
    ...rows.slice(half),
  ];
}

/** Folded when it is long. */
export const foldable = (summary: string, open: boolean, content: Markup): Markup =>
  open
    ? html`<details open>
        <summary>${summary}</summary>
        ${content}
      </details>`
    : html`<details>
        <summary>${summary}</summary>
        ${content}
      </details>`;
