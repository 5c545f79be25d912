import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UsageError } from '../errors.js';
import { bracketed, isLoopback } from '../host.js';
import { sameSecret } from '../same-secret.js';
import { Refused } from './failure.js';

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);
export const HEADERS = {
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
  readonly stageToken?: string;
}

/** Fails with `UsageError` when others could reach an API that asks nobody for a token. */
export function refuseOpenHost({ host, token }: Guarded): void {
  if (token === '')
    throw new UsageError('the API token is empty', 'set SHIPWAY_API_TOKEN to a long random text');
  if (isLoopback(host) || token !== undefined) return;
  throw new UsageError(
    `the API would listen on ${host} without a token`,
    'set SHIPWAY_API_TOKEN, or listen on 127.0.0.1',
  );
}

/**
 * Headers on every answer; the token for /v1: of people, or of stage workers for what those do; and without a valid one on loopback
 * only requests that name this host, so that no web page can come in by DNS. Webhooks have neither: each is signed.
 */
export function guard(app: FastifyInstance, { host, token: people, stageToken: stages }: Guarded): void {
  const names = new Set([...LOCAL_NAMES, bracketed(host.toLowerCase())]);
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(HEADERS);
    const wanted = wantedBy(request, { people, stages });
    const shown = wanted.some((token) => bears(request, token));
    const known = [people, stages].some((token) => bears(request, token));
    if (isHook(request)) return done();
    if (!known && isLoopback(host) && !names.has(hostName(request))) return done(otherHost(host));
    if (shown || wanted.length === 0) return done();
    reply.header('www-authenticate', 'Bearer');
    done(isReport(request) ? NO_STAGE_TOKEN : NO_TOKEN);
  });
}

interface Expected {
  readonly people: string | undefined;
  readonly stages: string | undefined;
}
/** Any of these opens the route; none: it is open. A report is taken from nobody when there are tokens, and none for stages. */
function wantedBy(request: FastifyRequest, { people, stages }: Expected): readonly (string | undefined)[] {
  if (!isVersioned(request) || (people ?? stages) === undefined) return [];
  if (isReport(request)) return [stages];
  if (people === undefined) return [];
  return isArtifact(request) ? [people, stages] : [people];
}
const isReport = ({ routeOptions: { url = '' } }: FastifyRequest): boolean => url.startsWith('/v1/stage-');
const isHook = ({ routeOptions: { url = '' } }: FastifyRequest): boolean => url.startsWith('/v1/hooks/');
const isArtifact = ({ routeOptions: { url = '' } }: FastifyRequest): boolean =>
  url.startsWith('/v1/artifacts/');

const otherHost = (host: string): Refused =>
  new Refused(
    421,
    'request.host',
    `this API answers only to ${host} and localhost`,
    'ask http://localhost or http://127.0.0.1',
  );
const NO_TOKEN = new Refused(
  401,
  'request.unauthorised',
  'the API token is missing or wrong',
  'send it as `Authorization: Bearer …`; the CLI reads SHIPWAY_API_TOKEN',
);
const NO_STAGE_TOKEN = new Refused(
  401,
  'request.unauthorised',
  'the token of stage workers is missing or wrong',
  'set the same SHIPWAY_STAGE_TOKEN on the stage workers and on the control workers',
);

const hostName = ({ headers }: FastifyRequest): string =>
  (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
/** By the route that was found, not by the text of the address; what no route was found for tells nothing without the token either. */
const isVersioned = ({ routeOptions: { url } }: FastifyRequest): boolean =>
  url === undefined || url.startsWith('/v1');
const bears = ({ headers }: FastifyRequest, token: string | undefined): boolean =>
  token !== undefined && sameSecret(headers.authorization, `Bearer ${token}`);
