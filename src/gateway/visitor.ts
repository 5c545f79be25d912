import { randomBytes } from 'node:crypto';
import type { UserKey } from './state.js';

/** The routers' own cookie: an opaque id for users who bring no key, kept for a month. Each takes the one that another has set. */
const OWN_COOKIE = 'shipway_id';
const OWN_ID = /^[A-Za-z0-9_-]{22,36}$/;
const OWN_BYTES = 16;
const KEPT_SECONDS = 30 * 24 * 3600;

/** A request's headers, each with all of its values in their order, a character for each byte. */
export type Headers = NodeJS.Dict<string[]>;

export interface Visitor {
  /** A character for each byte. */
  readonly key: string;
  /** The `Set-Cookie` that makes the gateway know the user again. */
  readonly setCookie?: string;
}

/**
 * Who asks: the first of `userKey` that the request carries and that is not empty, as it stands on the wire; else the routers' own
 * cookie; else a new id, to be set as that cookie. Of a header or cookie that comes twice the last counts, which is that of whoever is
 * nearest. Every router takes a user for the same: `test/contracts/users.ts`.
 */
export function visitorOf(headers: Headers, userKey: readonly UserKey[]): Visitor {
  const cookies = headers['cookie'] ?? [];
  for (const where of userKey) {
    const value =
      'header' in where ? headers[where.header.toLowerCase()]?.at(-1) : cookieOf(cookies, where.cookie);
    if (value !== undefined && value !== '') return { key: value };
  }
  const own = cookieOf(cookies, OWN_COOKIE);
  if (own !== undefined && OWN_ID.test(own)) return { key: own };
  const fresh = randomBytes(OWN_BYTES).toString('base64url');
  const secure = headers['x-forwarded-proto']?.at(-1) === 'https' ? '; Secure' : '';
  return {
    key: fresh,
    setCookie: `${OWN_COOKIE}=${fresh}; Path=/; Max-Age=${String(KEPT_SECONDS)}; HttpOnly; SameSite=Lax${secure}`,
  };
}

/** A name, and what stands behind its `=`: to the next `;` or `,` that is not in quotes, as HAProxy reads it by RFC 2965. */
const COOKIE = /([^=;,]*)(?:=((?:"(?:\\.?|[^"\\])*"?|[^",;])*))?[;,]?/gy;

/** The last one of that name. */
function cookieOf(lines: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (const line of lines)
    for (const [whole, key = '', value] of line.matchAll(COOKIE)) {
      if (whole === '') break;
      if (value !== undefined && trimmed(key) === name) found = trimmed(value);
    }
  return found;
}

/** Without spaces and tabs around it: what else is white to JavaScript may be a part of a character. */
function trimmed(text: string): string {
  const white = (at: number): boolean => text[at] === ' ' || text[at] === '\t';
  let [from, to] = [0, text.length];
  while (from < to && white(from)) from++;
  while (from < to && white(to - 1)) to--;
  return text.slice(from, to);
}
