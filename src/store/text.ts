import { sha256 } from '../hash.js';

/** Any text as PostgreSQL can keep it: NUL and halves of surrogate pairs, which it refuses, become U+FFFD. */
export const clean = (text: string): string => text.replace(/\u0000|\p{Surrogate}/gu, '\uFFFD');

/** A text to find a row by: as it is when PostgreSQL can keep it, and otherwise still different for every text. */
export function keyOf(text: string): string {
  const kept = clean(text);
  return kept === text ? text : `${kept}#${sha256(JSON.stringify(text))}`;
}
