import type { Socket } from 'node:net';
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import { bracketed } from '../host.js';
import { artifactRoutes } from './artifacts.js';
import { auditRoutes } from './audit.js';
import { AS_OURS, answerOf, Refused } from './failure.js';
import { flagRoutes } from './flags.js';
import { guard, HEADERS, refuseOpenHost } from './guard.js';
import { healthRoutes } from './health.js';
import { hookRoutes } from './hooks.js';
import { logRoutes } from './logs.js';
import type { ApiOptions } from './options.js';
import { recordRoutes } from './records.js';
import { reportRoutes } from './reports.js';
import { secretRoutes } from './secrets.js';

/** JSON bodies; artifacts have a limit of their own. */
const MAX_JSON_BYTES = 4 * 1024 ** 2;
/** For uploads of gigabytes over slow lines. */
const UPLOAD_MS = 60 * 60_000;
const MAX_PARAM = 300;

/**
 * Starts the worker's HTTP. It does not start where others could reach it without a token (`UsageError`).
 * `close` ends open streams too.
 */
export async function startApi(
  options: ApiOptions,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  refuseOpenHost(options);
  const app = fastify({
    bodyLimit: MAX_JSON_BYTES,
    requestTimeout: UPLOAD_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAM },
    frameworkErrors: (error, _request, reply) => void send(reply.headers(HEADERS), error),
    clientErrorHandler: refuseGarbage,
  });
  app.removeContentTypeParser('text/plain');
  guard(app, options);
  answerErrors(app, options);
  healthRoutes(app, options);
  await app.register(
    (v1, _options, done) => {
      for (const routes of [
        ...[artifactRoutes, auditRoutes, flagRoutes, hookRoutes, logRoutes],
        ...[recordRoutes, reportRoutes, secretRoutes],
      ])
        routes(v1, options);
      done();
    },
    { prefix: '/v1' },
  );
  await app.listen({ host: options.host, port: options.port });
  return { url: urlOf(app, options.host), close: () => app.close() };
}

function answerErrors(app: FastifyInstance, { onBug }: ApiOptions): void {
  app.setErrorHandler((error, _request, reply) => {
    const { status } = answerOf(error);
    if (status === 500) onBug?.(error);
    return send(reply, error);
  });
  app.setNotFoundHandler((request) => {
    const [path] = request.url.split('?');
    throw new Refused(404, 'request.unknown_route', `there is no ${request.method} ${path ?? ''}`, AS_OURS);
  });
}

const send = (reply: FastifyReply, error: unknown): FastifyReply => {
  const { status, body } = answerOf(error);
  return reply.code(status).type('application/json').send(body);
};

/** What is no HTTP at all, or has headers without end, does not come as far as a route. */
function refuseGarbage(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { body } = answerOf(new Refused(400, 'request.invalid', 'this is no HTTP request', AS_OURS));
  const text = JSON.stringify(body);
  const headers = {
    connection: 'close',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    ...HEADERS,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join('')}\r\n${text}`);
}

/** An address that works from this machine, also when the server listens on all of them. */
function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : bracketed(host);
  return `http://${name}:${String(port)}`;
}
