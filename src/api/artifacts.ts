import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Digest } from '../domain/release.js';
import { sizeText } from '../domain/size.js';
import { Refused } from './failure.js';
import type { ApiOptions } from './options.js';
import { digest } from './shapes.js';

const LINGER_MS = 2_000;
const params = z.strictObject({ digest });
const digestOf = (request: FastifyRequest): Digest => params.parse(request.params).digest;

/** Artifacts by the sha256 of their bytes. An upload is streamed; one that is cut off, too large or not what it is named leaves nothing. */
export function artifactRoutes(v1: FastifyInstance, { artifacts, maxArtifactBytes }: ApiOptions): void {
  v1.get('/artifacts/sha256/:digest', async (request, reply) => {
    const wanted = digestOf(request);
    const content = await artifacts.get(wanted);
    return named(reply, wanted).type('application/octet-stream').send(Readable.from(content));
  });
  v1.head('/artifacts/sha256/:digest', async (request, reply) => {
    const wanted = digestOf(request);
    const there = await artifacts.has(wanted);
    return named(reply, wanted)
      .code(there ? 200 : 404)
      .send();
  });
  void v1.register((upload, _options, done) => {
    upload.removeAllContentTypeParsers();
    upload.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    upload.addHook('onError', (request, reply) => letFinish(request.raw, reply));
    upload.put('/artifacts/sha256/:digest', async (request, reply) => {
      const wanted = digestOf(request);
      const there = await artifacts.has(wanted);
      const kept = await artifacts.put(within(request, maxArtifactBytes), wanted);
      return reply.code(there ? 200 : 201).send(kept);
    });
    done();
  });
}

const named = (reply: FastifyReply, name: Digest): FastifyReply => reply.header('etag', `"${name}"`);

async function* within({ raw, headers }: FastifyRequest, most: number): AsyncIterable<Uint8Array> {
  const tooLarge = new Refused(
    413,
    'request.too_large',
    `an artifact may have ${sizeText(most)}`,
    'declare less in `artifacts`, or raise SHIPWAY_ARTIFACT_LIMIT on all workers',
  );
  if (Number(headers['content-length'] ?? 0) > most) throw tooLarge;
  let bytes = 0;
  for await (const chunk of whole(raw)) {
    bytes += chunk.byteLength;
    if (bytes > most) throw tooLarge;
    yield chunk;
  }
}

/** A body of which the end never came is an error, and not a shorter body. */
async function* whole(raw: IncomingMessage): AsyncIterable<Uint8Array> {
  try {
    yield* raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (error) {
    if (raw.complete) throw error;
  }
  if (!raw.complete) throw new Refused(400, 'request.cut_off', 'the upload was cut off', 'send it again');
}

/**
 * A client that still sends may not read an answer before it is through, and sees a broken line instead. So what it sends after a
 * refusal is dropped for a while; after that the line is closed, however much is left.
 */
async function letFinish(raw: IncomingMessage, reply: FastifyReply): Promise<void> {
  if (raw.complete || raw.destroyed) return;
  reply.header('connection', 'close');
  await finished(raw.resume(), { signal: AbortSignal.timeout(LINGER_MS) }).catch(ignoreRest);
}
/** The answer is the refusal, whatever became of the rest. */
const ignoreRest = (): void => undefined;
