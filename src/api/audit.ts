import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ChainedEntry } from '../domain/audit.js';
import type { AuditFilter, Store } from '../domain/store.js';
import { given } from './given.js';
import type { ApiOptions } from './options.js';
import { days, id, name, whole } from './shapes.js';

const PAGE = 500;
const query = z.strictObject({
  service: name.optional(),
  environment: name.optional(),
  workflow: id.optional(),
  days: days.default(30),
  after: whole(0, Number.MAX_SAFE_INTEGER).default(0),
  limit: whole(1, 1_000).default(PAGE),
});

/** `/audit` finds entries, a page at a time, oldest first; `/audit/stream` is the whole chain, an entry a line, for verifying it. */
export function auditRoutes(v1: FastifyInstance, { store }: ApiOptions): void {
  v1.get('/audit', (request) => store.audit.list(filterOf(query.parse(request.query))));
  v1.get('/audit/stream', async (request, reply) => {
    z.strictObject({}).parse(request.query);
    const begin = await store.audit.list({ limit: PAGE });
    return reply.type('application/x-ndjson').send(Readable.from(lines(store, begin)));
  });
}

function filterOf({ days: sinceDays, after, limit, ...named }: z.infer<typeof query>): AuditFilter {
  return { sinceDays, afterSeq: after, limit, ...given(named) };
}

async function* lines(store: Store, begin: readonly ChainedEntry[]): AsyncIterable<string> {
  for (let page = begin; ;) {
    yield page.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    page = await store.audit.list({ afterSeq: last.seq, limit: PAGE });
  }
}
