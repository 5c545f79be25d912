import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UsageError } from '../errors.js';
import { Refused } from './failure.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;
const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

interface Guarded {
  readonly host: string;
  readonly token?: string;
}

/** Fails with `UsageError` when others could reach an API that asks nobody for a token. */
export function refuseOpenHost({ host, token }: Guarded): void {
  if (token === '')
    throw new UsageError('the API token is empty', 'set SHIPWAY_API_TOKEN to a long random text');
  if (LOOPBACK.test(host) || token !== undefined) return;
  throw new UsageError(
    `the API would listen on ${host} without a token`,
    'set SHIPWAY_API_TOKEN, or listen on 127.0.0.1',
  );
}

/** Headers on every answer; on loopback only requests that name a local host, so that no web page can come in by DNS; the token for /v1. */
export function guard(app: FastifyInstance, { host, token }: Guarded): void {
  const local = LOOPBACK.test(host);
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(HEADERS);
    if (local && !LOCAL_NAMES.has(hostName(request)))
      return done(
        new Refused(
          421,
          'request.host',
          'this API answers only to localhost',
          'ask http://localhost or http://127.0.0.1',
        ),
      );
    if (expected === undefined || !isVersioned(request) || bears(request, expected)) return done();
    reply.header('www-authenticate', 'Bearer');
    done(
      new Refused(
        401,
        'request.unauthorised',
        'the API token is missing or wrong',
        'send it as `Authorization: Bearer …`; the CLI reads SHIPWAY_API_TOKEN',
      ),
    );
  });
}

const hostName = ({ headers }: FastifyRequest): string =>
  (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();

/** By the route that was found, not by the text of the address; what no route was found for tells nothing without the token either. */
const isVersioned = ({ routeOptions: { url } }: FastifyRequest): boolean =>
  url === undefined || url.startsWith('/v1');

/** Digests are of one length, so comparing them takes the same time for every token. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const bears = ({ headers }: FastifyRequest, expected: Buffer): boolean =>
  timingSafeEqual(digest(headers.authorization ?? ''), expected);
