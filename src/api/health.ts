import type { FastifyInstance } from 'fastify';
import type { ApiOptions, Check } from './options.js';
import { whyOf } from '../errors.js';

const CHECK_MS = 2_000;
interface Checked {
  readonly status: 'ok' | 'failed';
  readonly detail: string;
}

/**
 * `/health` says what is well and what is not, 503 when anything is not; `/ready` says the same in one word; `/live` says that the
 * process answers. They need no token: they tell nothing about what is deployed.
 */
export function healthRoutes(app: FastifyInstance, { checks, version, metrics }: ApiOptions): void {
  app.get('/health', async (_request, reply) => {
    const results = await allOf(checks);
    const healthy = results.every(([, { status }]) => status === 'ok');
    return reply.code(healthy ? 200 : 503).send({
      status: healthy ? 'healthy' : 'unhealthy',
      timestamp: new Date().toISOString(),
      version,
      checks: Object.fromEntries(results),
    });
  });
  app.get('/ready', async (_request, reply) => {
    const failed = (await allOf(checks)).filter(([, { status }]) => status === 'failed');
    const ready = failed.length === 0;
    return reply
      .code(ready ? 200 : 503)
      .send(ready ? { status: 'ready' } : { status: 'not_ready', failed: failed.map(([name]) => name) });
  });
  app.get('/live', () => ({ status: 'live' }));
  if (metrics !== undefined)
    app.get('/metrics', async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.metrics()),
    );
}

const allOf = (checks: ApiOptions['checks']): Promise<[string, Checked][]> =>
  Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(check)]));

async function outcomeOf(check: Check): Promise<Checked> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${String(CHECK_MS / 1000)} s`)), CHECK_MS);
  });
  try {
    return { status: 'ok', detail: await Promise.race([check(), late]) };
  } catch (error) {
    return { status: 'failed', detail: whyOf(error) };
  } finally {
    clearTimeout(timer);
  }
}
