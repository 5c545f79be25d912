/** Any value that survives `JSON.parse(JSON.stringify(v))` unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * One text for one value: keys sorted by UTF-16 code unit, no white space, `undefined` fields left out
 * (the shape of RFC 8785 for the integers and strings that shipway hashes). Equal values give equal text on every machine.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => (isPlainObject(v) ? sorted(v) : v));
}

function isPlainObject(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

function sorted(v: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(v).sort((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(keys.map((k) => [k, v[k]]));
}
