import replyFrom from '@fastify/reply-from';
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { answer, BAD_REQUEST, BAD_TARGET, FAULT, rawAnswer } from './answers.js';
import { forwarder, type Forwarding } from './forward.js';
import type { Upstreams } from './upstreams.js';

export interface Listener {
  readonly port: number;
  /** No new connections; what is in flight ends, within `FINISH_MS`. */
  readonly close: () => Promise<void>;
}
export const HOST = '127.0.0.1';
const FINISH_MS = 10_000;
const CLOSE_IDLE_MS = 50;
/** New users who wait while this process is busy: the system resets those beyond. It takes as many as its own `somaxconn`. */
const BACKLOG = 4_096;

/** Opens a target's public address. Fails as `listen` does (`EADDRINUSE` when the port is taken). */
export async function openListener(
  forwarding: Forwarding,
  upstreams: Upstreams,
  port: number,
): Promise<Listener> {
  const app = await build(forwarding, upstreams);
  try {
    await app.listen({ host: HOST, port, backlog: BACKLOG });
  } catch (error) {
    await app.close();
    throw error;
  }
  return { port, close: () => closeGently(app, FINISH_MS) };
}

async function build(forwarding: Forwarding, upstreams: Upstreams): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: quiet(forwarding.log),
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    return503OnClosing: false,
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(rawAnswer(BAD_REQUEST));
    },
    frameworkErrors: (_error, _request, reply) => {
      answer(reply, BAD_TARGET);
    },
  });
  await app.register(replyFrom, { undici: { request: upstreams.request }, disableRequestLogging: true });
  app.setErrorHandler((error, _request, reply) => {
    forwarding.log.error({ err: error }, 'could not pass a request on');
    answer(reply, FAULT);
  });
  // Every method counts as one without a body: bodies are passed on as they come and never parsed, whatever their type claims.
  for (const method of [
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    ...FURTHER_METHODS,
  ]) {
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  }
  sayWhenClosing(app);
  app.route({ method: app.supportedMethods, url: '*', handler: forwarder(forwarding) });
  return app;
}

/** Answers given while the listener closes end their connection, so that no user sends another request into a closing one. */
function sayWhenClosing(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
}

/** Beyond the usual ones: WebDAV and its like are the service's business. */
const FURTHER_METHODS = [
  'COPY', 'LOCK', 'MKCALENDAR', 'MKCOL', 'MOVE', 'PROPFIND', 'PROPPATCH', 'PURGE', 'REPORT', 'SEARCH', 'UNLOCK',
]; // prettier-ignore

/** The library logs every failure of a member by itself; the forwarder says it once a second. */
const quiet = (log: Logger): FastifyBaseLogger => log.child({}, { level: 'fatal' });

/** Ends idle connections as they become idle, and after `boundMs` all others. */
export async function closeGently(app: FastifyInstance, boundMs: number): Promise<void> {
  const idle = setInterval(() => {
    app.server.closeIdleConnections();
  }, CLOSE_IDLE_MS);
  const bound = setTimeout(() => {
    app.server.closeAllConnections();
  }, boundMs);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(bound);
  }
}
