import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify';
import type { Logger } from 'pino';
import { sameSecret } from '../same-secret.js';
import {
  drainQuery,
  noQuery,
  slotBody,
  slotParams,
  splitBody,
  targetBody,
  targetParams,
  type SlotBody,
  type SlotParams,
  type SplitBody,
  type TargetParams,
} from './admin-schemas.js';
import type { Gateway } from './gateway.js';
import { HOST } from './listener.js';
import { Refusal } from './refusal.js';
import { targetIn, type TargetState } from './state.js';

export interface Admin {
  readonly gateway: Gateway;
  readonly token: string;
  /** Random, new with each start: counters began at 0 with it. */
  readonly epoch: string;
  readonly startedAt: string;
  readonly log: Logger;
}

/** The admin API. All of it but `/health` asks for `Authorization: Bearer <token>`. */
export function adminApp(admin: Admin): FastifyInstance {
  const logger: FastifyBaseLogger = admin.log;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: true },
    },
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    done(isHealth(request) || hasToken(request, admin.token) ? undefined : UNAUTHORIZED);
  });
  app.setErrorHandler((error: FastifyError | Refusal, _request, reply) => {
    const { status, code, message } = refusalOf(error);
    if (status >= 500) admin.log.error({ err: error }, 'a request of the admin API failed');
    reply.code(status).send({ error: { code, message } });
  });
  app.setNotFoundHandler((request, reply) => {
    const message = `there is no ${request.method} ${request.url.split('?')[0] ?? ''}`;
    reply.code(404).send({ error: { code: 'not_found', message } });
  });
  const { startedAt } = admin;
  app.get('/health', () => ({ status: 'ok', pid: process.pid, startedAt }));
  targetRoutes(app, admin);
  slotRoutes(app, admin);
  metricRoutes(app, admin);
  return app;
}

function targetRoutes(app: FastifyInstance, { gateway }: Admin): void {
  const shown = (t: TargetState): object => show(t, gateway.isListening(t));
  const schema = { params: targetParams, querystring: noQuery };
  const path = '/targets/:service/:environment';
  app.get('/targets', { schema: { querystring: noQuery } }, () => ({
    targets: gateway.state.targets.map(shown),
  }));
  app.get<{ Params: TargetParams }>(path, { schema }, ({ params }) => shown(targetIn(gateway.state, params)));
  app.put<{ Params: TargetParams; Body: { listen?: number } }>(
    path,
    { schema: { ...schema, body: targetBody } },
    async ({ params, body }) => {
      const listen = body.listen === 0 ? undefined : body.listen;
      return shown(await gateway.open({ ...params }, listen));
    },
  );
  app.delete<{ Params: TargetParams }>(path, { schema }, async ({ params }, reply) => {
    await gateway.close(params);
    return reply.code(204).send();
  });
  app.put<{ Params: TargetParams; Body: SplitBody }>(
    `${path}/split`,
    { schema: { ...schema, body: splitBody } },
    async ({ params, body: { shares, candidate, salt, user_key: userKey } }) =>
      shown(await gateway.split(params, { shares: Object.entries(shares), candidate, salt, userKey })),
  );
}

function slotRoutes(app: FastifyInstance, { gateway }: Admin): void {
  const path = '/targets/:service/:environment/slots/:slot';
  const schema = { params: slotParams, querystring: noQuery };
  app.put<{ Params: SlotParams; Body: SlotBody }>(
    path,
    { schema: { ...schema, body: slotBody } },
    async ({ params, body: { release, members } }) => {
      for (const member of members) checkMember(member);
      const target = await gateway.admit(params, { slot: params.slot, release, members });
      return show(target, gateway.isListening(target));
    },
  );
  app.delete<{ Params: SlotParams }>(path, { schema }, async ({ params }) => {
    const target = await gateway.withdraw(params, params.slot);
    return show(target, gateway.isListening(target));
  });
  app.post<{ Params: SlotParams; Querystring: { timeout: string } }>(
    `${path}/drain`,
    { schema: { params: slotParams, querystring: drainQuery } },
    async ({ params, query }, reply) => {
      const left = new AbortController();
      // Of the answer: a request closes as soon as it has been read.
      reply.raw.once('close', () => {
        left.abort();
      });
      return { inflight: await gateway.drain(params, params.slot, Number(query.timeout), left.signal) };
    },
  );
}

function metricRoutes(app: FastifyInstance, { gateway, epoch }: Admin): void {
  app.get<{ Params: TargetParams }>(
    '/targets/:service/:environment/metrics',
    { schema: { params: targetParams, querystring: noQuery } },
    async ({ params }) => {
      targetIn(gateway.state, params);
      const at = new Date().toISOString();
      return { epoch, at, series: await gateway.metrics.sample(params) };
    },
  );
  app.get('/metrics', async (_request, reply) =>
    reply.type(gateway.metrics.contentType).send(await gateway.metrics.text()),
  );
}

function show({ service, environment, port, split, slots }: TargetState, listening: boolean): object {
  return {
    service,
    environment,
    address: `http://${HOST}:${String(port)}`,
    listening,
    shares: Object.fromEntries(split?.shares ?? []),
    candidate: split?.candidate ?? null,
    salt: split?.salt ?? null,
    user_key: split?.userKey ?? [],
    slots: Object.fromEntries(slots.map(({ slot, release, members }) => [slot, { release, members }])),
  };
}

const MAX_PORT = 65_535;
function checkMember(member: string): void {
  if (URL.canParse(member) && Number(member.split(':').at(-1)) <= MAX_PORT) return;
  throw new Refusal(400, 'invalid', `members: ${member} is not an address like http://127.0.0.1:8080`);
}

const UNAUTHORIZED = new Refusal(
  401,
  'unauthorized',
  'send Authorization: Bearer with the content of the file `token` in the gateway’s state directory',
);
const isHealth = (request: FastifyRequest): boolean => request.url === '/health' && request.method === 'GET';

const hasToken = ({ headers }: FastifyRequest, token: string): boolean =>
  sameSecret(headers.authorization, `Bearer ${token}`);

function refusalOf(error: FastifyError | Refusal): { status: number; code: string; message: string } {
  if (error instanceof Refusal) return error;
  const status = error.statusCode ?? 500;
  if (status >= 500) return { status, code: 'fault', message: 'the gateway failed; its log says why' };
  return { status, code: 'invalid', message: problemsOf(error) };
}

function problemsOf({ message, validation, validationContext }: FastifyError): string {
  if (validation === undefined) return message;
  return validation
    .map(({ instancePath, message: what, params }) => {
      const extra = params['additionalProperty'];
      const where = `${validationContext ?? 'body'}${instancePath}`;
      return typeof extra === 'string'
        ? `${where}: unknown key ${extra}`
        : `${where}: ${what ?? 'is not valid'}`;
    })
    .join('; ');
}
