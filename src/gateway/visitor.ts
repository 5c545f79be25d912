import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { UserKey } from './state.js';

/** The gateway's own cookie: an opaque id for users who bring no key, kept for a month. */
const OWN_COOKIE = 'shipway_id';
const OWN_ID = /^[A-Za-z0-9_-]{22}$/;
const OWN_BYTES = 16;
const KEPT_SECONDS = 30 * 24 * 3600;

export interface Visitor {
  readonly key: string;
  /** The `Set-Cookie` that makes the gateway know the user again. */
  readonly setCookie?: string;
}

/**
 * Who asks: the first of `userKey` that the request carries and that is not empty, as it stands on the wire; else the gateway's own
 * cookie; else a new id, to be set as that cookie.
 */
export function visitorOf(headers: IncomingHttpHeaders, userKey: readonly UserKey[]): Visitor {
  const cookies = headers.cookie ?? '';
  for (const where of userKey) {
    const value = 'header' in where ? headerOf(headers, where.header) : cookieOf(cookies, where.cookie);
    if (value !== undefined && value !== '') return { key: value };
  }
  const own = cookieOf(cookies, OWN_COOKIE);
  if (own !== undefined && OWN_ID.test(own)) return { key: own };
  const fresh = randomBytes(OWN_BYTES).toString('base64url');
  const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  return {
    key: fresh,
    setCookie: `${OWN_COOKIE}=${fresh}; Path=/; Max-Age=${String(KEPT_SECONDS)}; HttpOnly; SameSite=Lax${secure}`,
  };
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

function cookieOf(cookies: string, name: string): string | undefined {
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
