import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { retentionIn } from '../domain/policy.js';
import type { ApiOptions } from './options.js';
import { logChunk, stageAudit } from './shapes.js';

/** What stage workers report: they hold no database credentials. A repeat is taken once, so a retry is safe. */
export function reportRoutes(v1: FastifyInstance, { store }: ApiOptions): void {
  v1.post('/stage-log', async (request, reply) => {
    await store.logs.add(logChunk.parse(request.body));
    return reply.code(204).send();
  });
  v1.get('/stage-retention', async (request) => {
    z.strictObject({}).parse(request.query);
    return retentionIn(await store.policy.current());
  });
  v1.post('/stage-audit', async (request, reply) => {
    const { entries } = stageAudit.parse(request.body);
    // Keys of their own, so that a stage worker can't take the key of an entry that somebody else is about to write.
    await store.audit.append(entries.map((e) => ({ ...e, key: `stage:${e.key}` })));
    return reply.code(204).send();
  });
}
