import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { request, type Dispatcher } from 'undici';
import type { ArtifactStore } from '../domain/ports.js';
import { isFailureType, type FailureType } from '../domain/failures.js';
import { retentionIn } from '../domain/policy.js';
import type { Digest } from '../domain/release.js';
import type { Retention } from '../domain/retention.js';
import type { StageBackend } from '../domain/stage.js';
import type { Store } from '../domain/store.js';
import { ShipwayError } from '../errors.js';

/** Beside a role that has the store: straight to it. */
export const directBackend = ({
  store,
  artifacts,
}: {
  readonly store: Store;
  readonly artifacts: ArtifactStore;
}): StageBackend => ({
  putArtifact: (content) => artifacts.put(content),
  getArtifact: (digest) => artifacts.get(digest),
  appendLog: (chunk) => store.logs.add(chunk),
  audit: (entries) => store.audit.append(entries),
  retention: async () => retentionIn(await store.policy.current()),
});

interface HttpOptions {
  readonly apiUrl: string;
  readonly token?: string;
}

/** A stage worker on its own: through the API of a control worker, without credentials of its own. Fails with `store.unavailable`. */
export function httpBackend(options: HttpOptions): StageBackend {
  return {
    putArtifact: (content) => upload(options, content),
    async getArtifact(digest) {
      const { body } = await call(options, 'GET', `/v1/artifacts/sha256/${digest}`);
      return verified(body as AsyncIterable<Uint8Array>, digest, options.apiUrl);
    },
    async appendLog(chunk) {
      await sendJson(options, '/v1/stage-log', chunk);
    },
    async audit(entries) {
      await sendJson(options, '/v1/stage-audit', { entries });
    },
    async retention() {
      const { body } = await call(options, 'GET', '/v1/stage-retention');
      return (await body.json()) as Retention;
    },
  };
}

/** A line that breaks in the middle is a service that is away; whatever is between, the bytes are those that were asked for. */
async function* verified(
  content: AsyncIterable<Uint8Array>,
  digest: Digest,
  apiUrl: string,
): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  try {
    yield* counted(content, (chunk) => hash.update(chunk));
  } catch (error) {
    throw new ShipwayError('store.unavailable', `the API at ${apiUrl} broke off in the middle of ${digest}`, {
      cause: error,
    });
  }
  if (hash.digest('hex') !== digest)
    throw new ShipwayError('artifact.mismatch', `what came from ${apiUrl} for ${digest} is something else`);
}

/** The digest names the upload, so the content is put down first. */
async function upload(
  options: HttpOptions,
  content: AsyncIterable<Uint8Array>,
): Promise<{ digest: Digest; bytes: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'shipway-upload-'));
  const file = join(folder, 'content');
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    await pipeline(
      Readable.from(counted(content, (chunk) => (hash.update(chunk), (bytes += chunk.byteLength)))),
      createWriteStream(file, { mode: 0o600 }),
    );
    const digest = hash.digest('hex');
    const { body } = await call(
      options,
      'PUT',
      `/v1/artifacts/sha256/${digest}`,
      createReadStream(file),
      'application/octet-stream',
    );
    await body.dump();
    return { digest, bytes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* counted(
  content: AsyncIterable<Uint8Array>,
  see: (chunk: Uint8Array) => void,
): AsyncIterable<Uint8Array> {
  for await (const chunk of content) {
    see(chunk);
    yield chunk;
  }
}

async function sendJson(options: HttpOptions, path: string, value: unknown): Promise<void> {
  const { body } = await call(options, 'POST', path, JSON.stringify(value), 'application/json');
  await body.dump();
}

async function call(
  { apiUrl, token }: HttpOptions,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  body?: string | Readable,
  type?: string,
): Promise<Dispatcher.ResponseData> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(type === undefined ? {} : { 'content-type': type }),
  };
  const response = await request(new URL(path, apiUrl), { method, headers, body: body ?? null }).catch(
    (error: unknown) => {
      throw new ShipwayError('store.unavailable', `the API at ${apiUrl} did not answer`, { cause: error });
    },
  );
  if (response.statusCode < 300) return response;
  const said = (await response.body.json().catch(() => ({}))) as {
    error?: { type?: string; message?: string };
  };
  throw new ShipwayError(
    typeOf(response.statusCode, said.error?.type ?? ''),
    `${method} ${path}: ${String(response.statusCode)} ${said.error?.message ?? ''}`,
  );
}

/** What can be mended outside, a token or an address for one, is tried again; a request that will never be taken is not. */
function typeOf(status: number, type: string): FailureType {
  if (isFailureType(type)) return type;
  if (status === 413) return 'stage.artifact_refused';
  return status === 400 || status === 415 ? 'internal.bug' : 'store.unavailable';
}
