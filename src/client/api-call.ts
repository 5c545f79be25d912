import type { ConnectionSettings } from '../connection.js';
import { CommandError } from './failure.js';

export type ApiAddress = Pick<ConnectionSettings, 'apiUrl' | 'apiToken'>;
export type Query = Readonly<Record<string, string | undefined>>;
export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly query?: Query;
  readonly body?: ReadableStream;
  readonly bytes?: number;
  /** A body as JSON. */
  readonly json?: object;
  readonly signal?: AbortSignal;
  /** Statuses that are answers too. */
  readonly also?: readonly number[];
}

/** One request. Fails with `CommandError` when there is no answer or a refusal, with `signal`'s own error when the caller ended it. */
export async function call(
  { apiUrl, apiToken }: ApiAddress,
  { method = 'GET', path, query = {}, body, bytes, json, signal, also = [] }: Call,
): Promise<Response> {
  const url = urlOf(apiUrl, path);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value);
  const headers = {
    ...(apiToken === undefined ? {} : { authorization: `Bearer ${apiToken}` }),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/octet-stream', 'content-length': String(bytes) }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const init = {
    ...{ method, headers, redirect: 'manual' },
    ...(body && { body, duplex: 'half' }),
    ...(json && { body: JSON.stringify(json) }),
    ...(signal && { signal }),
  };
  const response = await fetch(url, init as RequestInit).catch((error: unknown) => {
    throw silent(apiUrl, error, signal);
  });
  if (response.ok || also.includes(response.status)) return response;
  throw await refusalOf(response);
}

/** Whatever stands before `/v1` behind a proxy is kept. */
export const urlOf = (apiUrl: string, path: string): URL => new URL(apiUrl.replace(/\/+$/, '') + path);

/** The answer as JSON that `is` of the form asked for. */
export async function jsonOf<T>(
  { apiUrl }: ApiAddress,
  response: Response,
  is: (value: unknown) => value is T,
): Promise<T> {
  if (!isOf(response, 'application/json')) throw stranger(apiUrl, `it sent ${typeOf(response)}, not JSON`);
  const value = await response.json().catch((error: unknown) => {
    throw error instanceof SyntaxError ? stranger(apiUrl, error.message) : silent(apiUrl, error);
  });
  if (is(value)) return value;
  throw stranger(apiUrl, 'it sent JSON of another form');
}

/** A body as it comes. A line that breaks in the middle is an API that does not answer any more. */
export async function* bodyOf(
  { apiUrl }: ApiAddress,
  response: Response,
  type: string,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  if (!isOf(response, type)) throw stranger(apiUrl, `it sent ${typeOf(response)}, not ${type}`);
  try {
    yield* (response.body ?? []) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw silent(apiUrl, error, signal);
  }
}

const typeOf = ({ headers }: Response): string => headers.get('content-type') ?? 'no content type';
const isOf = (response: Response, type: string): boolean => typeOf(response).split(';')[0]?.trim() === type;

/** No answer, or one that broke off; unless the caller wanted no more. */
function silent(apiUrl: string, error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted === true && (signal.reason as Error).name === 'AbortError') return error;
  return new CommandError(
    `the API at ${apiUrl} does not answer`,
    'start `shipway dev` or a worker, or check SHIPWAY_API_URL',
    1,
    error,
    'unreachable',
  );
}

/** Something else listens there. */
export const stranger = (apiUrl: string, why: string): CommandError =>
  new CommandError(
    `what answers at ${apiUrl} is not shipway’s API: ${why}`,
    'set SHIPWAY_API_URL to the address of a worker’s API, as its log says it',
  );

async function refusalOf(response: Response): Promise<CommandError> {
  const said = (await response.json().catch(() => undefined)) as
    { error?: { message?: string; next?: string } } | null | undefined;
  return new CommandError(
    said?.error?.message ?? `the API answered ${String(response.status)}`,
    said?.error?.next ?? 'check SHIPWAY_API_URL, and see the worker’s log',
    [401, 403, 409].includes(response.status) ? 3 : 1,
  );
}
