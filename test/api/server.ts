import { request, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import type { ApiOptions } from '../../src/api/options.js';
import { startApi } from '../../src/api/server.js';
import type { ArtifactStore } from '../../src/domain/ports.js';
import type { Store } from '../../src/domain/store.js';
import { ShipwayError } from '../../src/errors.js';
import { sha256 } from '../../src/hash.js';
import { openStore } from '../../src/store/open.js';
import { memorySecrets } from '../support/memory-secrets.js';
import { startCluster, type Cluster } from '../store/cluster.js';

export interface Lab {
  readonly url: string;
  readonly store: Store;
  readonly cluster: Cluster;
  readonly artifacts: ArtifactStore & { readonly kept: Map<string, Buffer> };
  readonly bugs: unknown[];
  readonly close: () => Promise<void>;
}

/** The API on a PostgreSQL of its own, with what it needs beside. */
export async function lab(more: Partial<ApiOptions> = {}): Promise<Lab> {
  const cluster = await startCluster();
  const store = await openStore({ url: await cluster.database() });
  const artifacts = memoryArtifacts();
  const bugs: unknown[] = [];
  const api = await startApi({
    store,
    artifacts,
    secrets: memorySecrets(),
    host: '127.0.0.1',
    port: 0,
    version: '1.2.3',
    maxArtifactBytes: 1024 ** 3,
    checks: {
      database: async () => ((await store.policy.current()) === undefined ? 'answers' : 'has a policy'),
    },
    metrics: new Registry(),
    onBug: (error) => bugs.push(error),
    ...more,
  });
  return {
    ...{ url: api.url, store, cluster, artifacts, bugs },
    close: async () => {
      await api.close();
      await store.close();
      await cluster.remove();
    },
  };
}

function memoryArtifacts(): Lab['artifacts'] {
  const kept = new Map<string, Buffer>();
  return {
    kept,
    has: (digest) => Promise.resolve(kept.has(digest)),
    put: async (content, expected) => {
      const bytes = await buffer(content);
      const digest = sha256(bytes);
      if (expected !== undefined && expected !== digest)
        throw new ShipwayError('artifact.mismatch', `${expected} was announced and ${digest} came`);
      kept.set(digest, bytes);
      return { digest, bytes: bytes.length };
    },
    get: (digest) => {
      const bytes = kept.get(digest);
      if (bytes === undefined)
        return Promise.reject(new ShipwayError('artifact.missing', `there is no artifact ${digest}`));
      return Promise.resolve(
        (async function* () {
          await Promise.resolve();
          yield bytes;
        })(),
      );
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request with whatever headers, `Host` included, which `fetch` does not let through. */
export function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

export const json = (answer: Answer): unknown => JSON.parse(answer.text);
