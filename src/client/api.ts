import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ChainedEntry } from '../domain/audit.js';
import type { Policy } from '../domain/policy.js';
import type { DeploymentRow } from '../domain/store.js';
import type { TargetState } from '../domain/target.js';
import type { ConnectionSettings } from '../connection.js';
import { CommandError } from './failure.js';
import { linesOf } from './lines.js';

export interface RecordFilter {
  readonly service?: string;
  readonly environment?: string;
  readonly days: number;
}
export interface Health {
  readonly status: string;
  readonly timestamp: string;
  readonly version: string;
  readonly checks: Readonly<Record<string, { readonly status: 'ok' | 'failed'; readonly detail: string }>>;
}

export interface ApiClient {
  /** Uploads a file under its digest; one that is there already is not sent twice. */
  readonly putArtifact: (digest: string, path: string, signal?: AbortSignal) => Promise<void>;
  /** A run's output as it comes; with `follow` until `signal` ends it. */
  readonly logs: (
    run: string,
    options: { readonly stage?: string; readonly follow: boolean; readonly signal?: AbortSignal },
  ) => Promise<AsyncIterable<Uint8Array>>;
  /** Oldest first, all of them. */
  readonly audit: (filter: RecordFilter) => Promise<readonly ChainedEntry[]>;
  /** The whole chain, oldest first. */
  readonly chain: () => Promise<AsyncIterable<ChainedEntry>>;
  /** Newest first. */
  readonly history: (filter: RecordFilter) => Promise<readonly DeploymentRow[]>;
  readonly targets: (service?: string) => Promise<readonly TargetState[]>;
  readonly health: () => Promise<Health>;
  readonly policy: () => Promise<{ readonly hash: string; readonly policy: Policy }>;
}

const ANSWER_MS = 10_000;
const PAGE = 1_000;

/** The worker's HTTP, typed. Fails with `CommandError`. */
export function apiClient(to: Pick<ConnectionSettings, 'apiUrl' | 'apiToken'>): ApiClient {
  const get = async <T>(path: string, query: Query = {}): Promise<T> =>
    (await (await call(to, { path, query, signal: AbortSignal.timeout(ANSWER_MS) })).json()) as T;
  const stream = async (path: string, query: Query, signal?: AbortSignal) =>
    ((await call(to, { path, query, ...(signal && { signal }) })).body ?? []) as AsyncIterable<Uint8Array>;
  return {
    async putArtifact(digest, path, signal) {
      const at = `/v1/artifacts/sha256/${digest}`;
      if ((await call(to, { method: 'HEAD', path: at, also: [404] })).status !== 404) return;
      const body = Readable.toWeb(createReadStream(path)) as ReadableStream;
      await call(to, {
        method: 'PUT',
        path: at,
        body,
        bytes: (await stat(path)).size,
        ...(signal && { signal }),
      });
    },
    logs: (run, { stage, follow, signal }) =>
      stream(
        `/v1/runs/${encodeURIComponent(run)}/logs`,
        { stage, follow: follow ? 'true' : undefined },
        signal,
      ),
    audit: (filter) =>
      allEntries((after) => get('/v1/audit', { ...texts(filter), after, limit: String(PAGE) })),
    chain: async () => entries(await stream('/v1/audit/stream', {})),
    history: (filter) => get('/v1/history', { ...texts(filter), limit: String(PAGE) }),
    targets: (service) => get('/v1/targets', { service }),
    health: async () => {
      const signal = AbortSignal.timeout(ANSWER_MS);
      return (await (await call(to, { path: '/health', also: [503], signal })).json()) as Health;
    },
    policy: () => get('/v1/policy'),
  };
}

type Query = Readonly<Record<string, string | undefined>>;
const texts = ({ days, ...filter }: RecordFilter): Query => ({ ...filter, days: String(days) });

async function allEntries(
  page: (after: string) => Promise<readonly ChainedEntry[]>,
): Promise<ChainedEntry[]> {
  const all: ChainedEntry[] = [];
  for (let more = true; more;) {
    const found = await page(String(all.at(-1)?.seq ?? 0));
    all.push(...found);
    more = found.length === PAGE;
  }
  return all;
}

interface Call {
  readonly method?: string;
  readonly path: string;
  readonly query?: Query;
  readonly body?: ReadableStream;
  readonly bytes?: number;
  readonly signal?: AbortSignal;
  /** Statuses that are answers too. */
  readonly also?: readonly number[];
}

async function call(
  { apiUrl, apiToken }: Pick<ConnectionSettings, 'apiUrl' | 'apiToken'>,
  { method = 'GET', path, query = {}, body, bytes, signal, also = [] }: Call,
): Promise<Response> {
  const url = new URL(path, apiUrl);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value);
  const headers = {
    ...(apiToken === undefined ? {} : { authorization: `Bearer ${apiToken}` }),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/octet-stream', 'content-length': String(bytes) }),
  };
  const init = { method, headers, ...(body && { body, duplex: 'half' }), ...(signal && { signal }) };
  const response = await fetch(url, init as RequestInit).catch((error: unknown) => {
    if (signal?.aborted === true && (signal.reason as Error).name === 'AbortError') throw error;
    throw new CommandError(
      `the API at ${apiUrl} does not answer`,
      'start `shipway dev` or a worker, or check SHIPWAY_API_URL',
      1,
      error,
      'unreachable',
    );
  });
  if (response.ok || also.includes(response.status)) return response;
  throw await refusalOf(response);
}

async function refusalOf(response: Response): Promise<CommandError> {
  const said = (await response.json().catch(() => ({}))) as { error?: { message?: string; next?: string } };
  return new CommandError(
    said.error?.message ?? `the API answered ${String(response.status)}`,
    said.error?.next ?? 'check SHIPWAY_API_URL, and see the worker’s log',
    response.status === 401 ? 3 : 1,
  );
}

async function* entries(body: AsyncIterable<Uint8Array>): AsyncIterable<ChainedEntry> {
  for await (const line of linesOf(body)) yield JSON.parse(line) as ChainedEntry;
}
