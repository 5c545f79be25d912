import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShipwayError } from '../errors.js';
import type { FailureType } from '../domain/failures.js';

/** The gateway's state folder: where its address and its token are found. */
export interface GatewayAt {
  readonly stateDir: string;
  readonly unavailable: FailureType;
}
const TIMEOUT_MS = 3_000;

export interface GatewayAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One call of the admin API. Fails with `unavailable` when it does not answer, `router.refused` when it says no. 404 is an answer. */
export async function callGateway(
  at: GatewayAt,
  method: string,
  path: string,
  options: { readonly body?: unknown; readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<GatewayAnswer> {
  const { adminUrl, token } = await whereabouts(at);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)]);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const response = await fetch(new URL(path, adminUrl), {
    method,
    headers,
    signal,
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  }).catch((error: unknown) => {
    options.signal.throwIfAborted();
    throw new ShipwayError(at.unavailable, `the gateway at ${adminUrl} did not answer`, { cause: error });
  });
  const text = await response.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  if (response.ok || response.status === 404) return { status: response.status, body };
  const type = response.status >= 500 ? at.unavailable : 'router.refused';
  throw new ShipwayError(
    type,
    `the gateway answered ${String(response.status)} to ${method} ${path}: ${said(body)}`,
  );
}

const said = (body: unknown): string => {
  const { error, message } = (body ?? {}) as { error?: { message?: string } | string; message?: string };
  return message ?? (typeof error === 'object' ? error.message : error) ?? 'without a reason';
};

/** Where the running gateway noted that it is. */
async function whereabouts({
  stateDir,
  unavailable,
}: GatewayAt): Promise<{ adminUrl: string; token: string }> {
  try {
    const { adminUrl } = JSON.parse(await readFile(join(stateDir, 'gateway.json'), 'utf8')) as {
      adminUrl: string;
    };
    return { adminUrl, token: (await readFile(join(stateDir, 'token'), 'utf8')).trim() };
  } catch (error) {
    throw new ShipwayError(unavailable, `no gateway has run on ${stateDir}`, { cause: error });
  }
}
