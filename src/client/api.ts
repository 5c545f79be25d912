import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { ChainedEntry } from '../domain/audit.js';
import type { DeploymentRow } from '../domain/store.js';
import type { TargetState } from '../domain/target.js';
import type { ConnectionSettings } from '../connection.js';
import { CommandError } from './failure.js';

export interface ApiClient {
  /** Uploads a file under its digest; one that is there already is not sent twice. */
  readonly putArtifact: (digest: string, path: string) => Promise<void>;
  readonly logs: (
    run: string,
    options: { readonly stage?: string; readonly follow: boolean },
  ) => Promise<AsyncIterable<Uint8Array>>;
  readonly audit: (filter: {
    readonly service?: string;
    readonly environment?: string;
    readonly days: number;
  }) => Promise<readonly ChainedEntry[]>;
  /** The whole chain, oldest first. */
  readonly chain: () => Promise<AsyncIterable<ChainedEntry>>;
  readonly history: (filter: {
    readonly service?: string;
    readonly environment?: string;
    readonly days: number;
  }) => Promise<readonly DeploymentRow[]>;
  readonly targets: (service?: string) => Promise<readonly TargetState[]>;
  readonly health: () => Promise<{
    readonly status: string;
    readonly timestamp: string;
    readonly checks: Readonly<Record<string, { readonly status: string; readonly detail: string }>>;
  }>;
  readonly policy: () => Promise<{ readonly hash: string }>;
}

/** The worker's HTTP, typed. Fails with `CommandError`. */
export function apiClient(connection: Pick<ConnectionSettings, 'apiUrl' | 'apiToken'>): ApiClient {
  const get = async <T>(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<T> =>
    (await (await call(connection, 'GET', path, query)).json()) as T;
  const days = (filter: { days: number }) => ({ ...filter, days: String(filter.days) });
  return {
    async putArtifact(digest, path) {
      const there = await call(connection, 'HEAD', `/v1/artifacts/sha256/${digest}`, {}, undefined, [404]);
      if (there.status !== 404) return;
      await call(
        connection,
        'PUT',
        `/v1/artifacts/sha256/${digest}`,
        {},
        Readable.toWeb(createReadStream(path)) as ReadableStream,
      );
    },
    async logs(run, { stage, follow }) {
      const { body } = await call(connection, 'GET', `/v1/runs/${encodeURIComponent(run)}/logs`, {
        stage,
        ...(follow ? { follow: 'true' } : {}),
      });
      return (body ?? []) as unknown as AsyncIterable<Uint8Array>;
    },
    audit: (filter) => get('/v1/audit', days(filter)),
    async chain() {
      const { body } = await call(connection, 'GET', '/v1/audit/stream');
      return entries(body as unknown as AsyncIterable<Uint8Array>);
    },
    history: (filter) => get('/v1/history', days(filter)),
    targets: (service) => get('/v1/targets', { service }),
    health: async () =>
      (await (await call(connection, 'GET', '/health', {}, undefined, [503])).json()) as Awaited<
        ReturnType<ApiClient['health']>
      >,
    policy: () => get('/v1/policy'),
  };
}

type Connection = Pick<ConnectionSettings, 'apiUrl' | 'apiToken'>;

async function call(
  { apiUrl, apiToken }: Connection,
  method: string,
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
  body?: ReadableStream,
  also: readonly number[] = [],
): Promise<Response> {
  const url = new URL(path, apiUrl);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value);
  const headers = {
    ...(apiToken === undefined ? {} : { authorization: `Bearer ${apiToken}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/octet-stream' }),
  };
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body, duplex: 'half' }),
  } as RequestInit).catch((error: unknown) => {
    throw new CommandError(
      `the API at ${apiUrl} does not answer`,
      'start `shipway dev` or a worker, or check SHIPWAY_API_URL',
      1,
      error,
    );
  });
  if (response.ok || also.includes(response.status)) return response;
  const said = (await response.json().catch(() => ({}))) as { error?: { message?: string; next?: string } };
  throw new CommandError(
    said.error?.message ?? `the API answered ${String(response.status)}`,
    said.error?.next ?? 'see the worker’s log',
    response.status === 401 ? 3 : 1,
  );
}

async function* entries(body: AsyncIterable<Uint8Array>): AsyncIterable<ChainedEntry> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as ChainedEntry;
  }
  if (rest !== '') yield JSON.parse(rest) as ChainedEntry;
}
