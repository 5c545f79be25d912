import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ChainedEntry } from '../domain/audit.js';
import type { FlagWish, TargetFlag } from '../domain/flags.js';
import type { TargetRef } from '../domain/ids.js';
import type { MessageRow, MessageState } from '../domain/outbox.js';
import type { Secret } from '../domain/ports.js';
import type { Policy } from '../domain/policy.js';
import type { SecretUse } from '../domain/secret-use.js';
import type { Statement } from '../domain/statement.js';
import type { DeploymentRow, ReleaseRow, RunRow } from '../domain/store.js';
import type { TargetState } from '../domain/target.js';
import type { Sample } from '../domain/watching.js';
import { bodyOf, call, jsonOf, stranger, type ApiAddress, type Call, type Query } from './api-call.js';
import { within } from '../within.js';
import { linesOf } from './lines.js';

export interface RecordFilter {
  readonly service?: string;
  readonly environment?: string;
  readonly days: number;
}
/** Of what one workflow did. */
export interface AuditFilter extends RecordFilter {
  readonly workflow?: string;
}
/** Of one run, or a deployment by its workflow id. */
export interface HistoryFilter extends RecordFilter {
  readonly run?: string;
  readonly id?: string;
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
  readonly audit: (filter: AuditFilter) => Promise<readonly ChainedEntry[]>;
  /** The whole chain, oldest first. */
  readonly chain: () => Promise<AsyncIterable<ChainedEntry>>;
  /** Newest first, at most `HISTORY_LIMIT`. */
  readonly history: (filter: HistoryFilter) => Promise<readonly DeploymentRow[]>;
  /** All of a deployment, or those of an instant and after, oldest first, a page at a time. */
  readonly samples: (deployment: string, from?: string) => AsyncIterable<Sample>;
  /** Newest first, one a run that made or shipped it; of one commit only when that is named. */
  readonly releases: (service: string, commit?: string) => Promise<readonly ReleaseRow[]>;
  /** A run as it was admitted. */
  readonly run: (service: string, run: string) => Promise<RunRow>;
  /** Messages to people in one state, newest first, at most `HISTORY_LIMIT`. */
  readonly messages: (state: MessageState, filter: RecordFilter) => Promise<readonly MessageRow[]>;
  readonly targets: (service?: string) => Promise<readonly TargetState[]>;
  readonly health: () => Promise<Health>;
  /** One that was admitted. */
  readonly deployment: (id: string) => Promise<DeploymentRow>;
  /** Which secrets there are, and what uses them; no values. */
  readonly secrets: () => Promise<{
    readonly secrets: readonly Secret[];
    readonly uses: readonly SecretUse[];
  }>;
  /** Whom values are sealed for. */
  readonly recipient: () => Promise<string>;
  /** Keeps a sealed value, and says as which version. */
  readonly setSecret: (asked: {
    readonly path: string;
    readonly sealed: string;
    readonly statement: Statement;
  }) => Promise<number>;
  /** Takes versions away, and says which were there. */
  readonly removeSecret: (asked: {
    readonly path: string;
    readonly version?: number;
    readonly inUse: boolean;
    readonly statement: Statement;
  }) => Promise<readonly number[]>;
  /** Feature flags of targets, as they are set. */
  readonly flags: (of: Partial<TargetRef>) => Promise<readonly TargetFlag[]>;
  /** Sets one, and answers it as it is then. */
  readonly setFlag: (
    asked: Omit<FlagWish, 'wish'> & { readonly statement: Statement },
  ) => Promise<TargetFlag>;
  readonly policy: () => Promise<{ readonly hash: string; readonly policy: Policy }>;
}

const ANSWER_MS = 10_000;
const PAGE = 1_000;
/** A look leaves a handful of one instant: a page always has more than one instant. */
const SAMPLES = 5_000;
/** As far back as the API takes: all that is kept. */
export const ALL_DAYS = 36_500;
/** The API gives no more at once. */
export const HISTORY_LIMIT = 1_000;

/** The worker's HTTP, typed. Fails with `CommandError`; what is no shipway API is told apart from one that does not answer. */
export function apiClient(to: ApiAddress, answerMs = ANSWER_MS): ApiClient {
  const get = async <T>(
    path: string,
    is: (value: unknown) => value is T,
    more: Partial<Call> = {},
  ): Promise<T> => jsonOf(to, await call(to, { path, signal: AbortSignal.timeout(answerMs), ...more }), is);
  const rows = <T>(path: string, query: Query): Promise<readonly T[]> => get(path, isRows<T>, { query });
  return {
    putArtifact: (digest, path, signal) => putArtifact(to, digest, path, signal),
    async logs(run, { stage, follow, signal }) {
      const path = `/v1/runs/${encodeURIComponent(run)}/logs`;
      const query = { stage, follow: follow ? 'true' : undefined };
      const response = await call(to, { path, query, ...(signal && { signal }) });
      return bodyOf(to, response, 'text/plain', signal);
    },
    audit: (filter) =>
      allEntries((after) => rows('/v1/audit', { ...texts(filter), after, limit: String(PAGE) })),
    chain: async () => entries(to, await call(to, { path: '/v1/audit/stream' })),
    history: (filter) => rows('/v1/history', { ...texts(filter), limit: String(HISTORY_LIMIT) }),
    samples: (deployment, since) =>
      allSamples((from) => rows('/v1/samples', { deployment, from, limit: String(SAMPLES) }), since),
    releases: (service, commit) => rows('/v1/releases', { service, commit }),
    run: (service, run) => get(`/v1/runs/${encodeURIComponent(run)}`, isRun, { query: { service } }),
    messages: (state, filter) =>
      rows('/v1/messages', { ...texts(filter), state, limit: String(HISTORY_LIMIT) }),
    targets: (service) => rows('/v1/targets', { service }),
    health: () => get('/health', isHealth, { also: [503] }),
    policy: () => get('/v1/policy', isPolicy),
    deployment: (deployment) => get('/v1/deployment', isDeployment, { query: { deployment } }),
    secrets: () => get('/v1/secrets', isSecrets),
    recipient: async () => (await get('/v1/secrets/recipient', isRecipient)).recipient,
    setSecret: async (json) => (await get('/v1/secrets', isKept, { method: 'POST', json })).version,
    removeSecret: async (json) =>
      (await get('/v1/secrets/remove', isRemoved, { method: 'POST', json })).versions,
    flags: ({ service, environment }) => rows('/v1/flags', { service, environment }),
    setFlag: async (json) => (await get('/v1/flags', isFlag, { method: 'POST', json })).flag,
  };
}

/** What lies there must be named by its digest, and what was sent must be acknowledged by it. */
async function putArtifact(
  to: ApiAddress,
  digest: string,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const path = `/v1/artifacts/sha256/${digest}`;
  const head = await within(ANSWER_MS, signal, (answering) =>
    call(to, { method: 'HEAD', path, also: [404], signal: answering }),
  );
  if (head.headers.get('etag')?.replace(/^W\//, '') !== `"${digest}"`)
    throw stranger(to.apiUrl, 'it does not name the artifact that it was asked for');
  if (head.status !== 404) return;
  const body = Readable.toWeb(createReadStream(file)) as ReadableStream;
  const { size: bytes } = await stat(file);
  const kept = await call(to, { method: 'PUT', path, body, bytes, ...(signal && { signal }) });
  await jsonOf(to, kept, (value): value is object => isObject(value) && value['digest'] === digest);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isRows = <T>(value: unknown): value is readonly T[] => Array.isArray(value) && value.every(isObject);
const isHealth = (value: unknown): value is Health =>
  isObject(value) && typeof value['timestamp'] === 'string' && isObject(value['checks']);
const isPolicy = (value: unknown): value is { hash: string; policy: Policy } =>
  isObject(value) &&
  typeof value['hash'] === 'string' &&
  isObject(value['policy']) &&
  isObject(value['policy']['environments']);
const isDeployment = (value: unknown): value is DeploymentRow =>
  isObject(value) && isObject(value['plan']) && isObject(value['release']);
const isSecrets = (value: unknown): value is Awaited<ReturnType<ApiClient['secrets']>> =>
  isObject(value) && isRows(value['secrets']) && isRows(value['uses']);
const isRecipient = (value: unknown): value is { recipient: string } =>
  isObject(value) && typeof value['recipient'] === 'string';
const isKept = (value: unknown): value is { version: number } =>
  isObject(value) && typeof value['version'] === 'number';
const isRemoved = (value: unknown): value is { versions: readonly number[] } =>
  isObject(value) && Array.isArray(value['versions']);
const isFlag = (value: unknown): value is { flag: TargetFlag } =>
  isObject(value) && isObject(value['flag']) && isObject(value['flag']['declaration']);
const isRun = (value: unknown): value is RunRow =>
  isObject(value) && typeof value['run'] === 'string' && isObject(value['plan']);
const isEntry = (value: unknown): value is ChainedEntry => isObject(value) && isObject(value['entry']);

const texts = ({ days, ...filter }: AuditFilter | HistoryFilter): Query => ({
  ...filter,
  days: String(days),
});

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

/** A page begins with the instant that the one before ended with, because one instant has several samples. */
async function* allSamples(
  page: (from?: string) => Promise<readonly Sample[]>,
  since?: string,
): AsyncIterable<Sample> {
  let had = new Set<string>();
  for (let from = since; ;) {
    const found = await page(from);
    yield* found.filter((s) => s.at !== from || !had.has(nameOf(s)));
    const last = found.at(-1)?.at;
    if (last === undefined || last === from || found.length < SAMPLES) return;
    from = last;
    had = new Set(found.filter((s) => s.at === from).map(nameOf));
  }
}
const nameOf = ({ phase, trigger }: Sample): string => `${trigger} ${phase}`;

async function* entries(to: ApiAddress, response: Response): AsyncIterable<ChainedEntry> {
  for await (const line of linesOf(bodyOf(to, response, 'application/x-ndjson'))) yield entryOf(to, line);
}

function entryOf({ apiUrl }: ApiAddress, line: string): ChainedEntry {
  try {
    const value: unknown = JSON.parse(line);
    if (isEntry(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw stranger(apiUrl, 'it sent a line that is no audit entry');
}
