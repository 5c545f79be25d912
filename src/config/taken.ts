/** What is taken of any file, whatever its notation. */
export const MOST_NODES = 20_000;
export const MOST_DEPTH = 40;

/** Keys that would reach into the objects that the values are kept in. */
export const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Control characters, and those that make a line look like another. */
export const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
