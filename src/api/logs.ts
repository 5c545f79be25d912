import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ArtifactStore } from '../domain/ports.js';
import type { LogChunk, Store } from '../domain/store.js';
import { ShipwayError } from '../errors.js';
import { given } from './given.js';
import type { ApiOptions } from './options.js';
import { flag, id } from './shapes.js';

const FOLLOW_MS = 250;
const params = z.strictObject({ run: id });
const query = z.strictObject({ stage: id.optional(), follow: flag.default(false) });

type Page = Awaited<ReturnType<Store['logs']['list']>>;
interface Tail {
  readonly next: (afterId: number) => Promise<Page>;
  readonly artifacts: ArtifactStore;
  readonly follow: boolean;
  /** The client has gone. */
  readonly gone: AbortSignal;
}

/** A run's output as text. With `follow` it goes on until the client goes, over times in which the store does not answer. */
export function logRoutes(v1: FastifyInstance, { store, artifacts }: ApiOptions): void {
  v1.get('/runs/:run/logs', async (request, reply) => {
    const { run } = params.parse(request.params);
    const { stage, follow } = query.parse(request.query);
    const next = (afterId: number): Promise<Page> => store.logs.list({ run, afterId, ...given({ stage }) });
    const begin = await next(0);
    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    const text = output(begin, { next, artifacts, follow, gone: left.signal });
    return reply.type('text/plain; charset=utf-8').send(Readable.from(text));
  });
}

async function* output(begin: Page, tail: Tail): AsyncIterable<Uint8Array> {
  // So that a follower hears at once that he is heard, also before there is any output.
  if (tail.follow) yield new Uint8Array();
  let page = begin;
  let afterId = 0;
  while (!tail.gone.aborted) {
    for (const chunk of page) yield* bytesOf(chunk, tail.artifacts);
    afterId = page.reduce((most, { id: n }) => Math.max(most, n), afterId);
    if (!tail.follow) return;
    page = await more(tail, afterId);
  }
}

async function more({ next, gone }: Tail, afterId: number): Promise<Page> {
  try {
    await sleep(FOLLOW_MS, undefined, { signal: gone });
    return await next(afterId);
  } catch (error) {
    if (gone.aborted || isType(error, 'store.unavailable')) return [];
    throw error;
  }
}

/** A chunk that is lost is named in its place, so that one gap does not hide the rest. */
async function* bytesOf(chunk: LogChunk, artifacts: ArtifactStore): AsyncIterable<Uint8Array> {
  try {
    yield* await artifacts.get(chunk.digest);
  } catch (error) {
    if (!isType(error, 'artifact.missing') && !isType(error, 'artifact.mismatch')) throw error;
    yield Buffer.from(
      `\n[shipway: ${String(chunk.bytes)} bytes of ${chunk.stage} are lost: ${error.message}]\n`,
    );
  }
}

const isType = (error: unknown, type: ShipwayError['type']): error is ShipwayError =>
  error instanceof ShipwayError && error.type === type;
