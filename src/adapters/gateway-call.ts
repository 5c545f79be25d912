import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import type { FailureType } from '../domain/failures.js';
import { ShipwayError, whyOf } from '../errors.js';
import { objectIn } from './json-object.js';
import { within } from '../within.js';

/** The gateway's state folder, where its address and its token are found, and what its silence and its no are called. */
export interface GatewayAt {
  readonly stateDir: string;
  readonly unavailable: FailureType;
  readonly refused: FailureType;
}
export interface GatewayCall {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
}
const TIMEOUT_MS = 3_000;
/** What a 404 of a gateway says that does not know the thing; any other 404 is not from a gateway of this version. */
const UNKNOWN = ['unknown_target', 'unknown_slot'];

/**
 * One call of the admin API, on a connection of its own. Answers `undefined` when the gateway does not know the target or slot. Fails as
 * `unavailable` when it does not answer or is not the gateway that the folder is of, as `refused` when it says no.
 */
export async function callGateway(at: GatewayAt, call: GatewayCall, signal: AbortSignal): Promise<unknown> {
  signal.throwIfAborted();
  const { adminUrl, token } = await whereabouts(at);
  const { status, text } = await asked(at, call, adminUrl, token, signal);
  const what = `${call.method} ${call.path}`;
  if (status === 204) return undefined;
  const body = objectIn(text);
  if (body === undefined)
    throw new ShipwayError(at.unavailable, `what answers at ${adminUrl} is no gateway (${what})`);
  if (status < 300) return body;
  const { code, message = 'without a reason' } = (body as { error?: { code?: string; message?: string } })
    .error ?? { message: text };
  if (status === 404 && code !== undefined && UNKNOWN.includes(code)) return undefined;
  const type = status >= 500 || status === 401 || status === 404 ? at.unavailable : at.refused;
  throw new ShipwayError(type, `the gateway answered ${String(status)} to ${what}: ${message}`);
}

async function asked(
  { unavailable }: GatewayAt,
  { method, path, body, timeoutMs = TIMEOUT_MS }: GatewayCall,
  adminUrl: string,
  token: string,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  try {
    return await within(timeoutMs, signal, async (ending) => {
      const response = await request(new URL(path, adminUrl), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: ending,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        // A kept connection may be to a gateway that has been started anew since.
        reset: true,
      });
      return { status: response.statusCode, text: await response.body.text() };
    });
  } catch (cause) {
    signal.throwIfAborted();
    const why = whyOf(cause);
    throw new ShipwayError(unavailable, `the gateway at ${adminUrl} did not answer: ${why}`, { cause });
  }
}

/** Where the running gateway noted that it is. */
async function whereabouts({
  stateDir,
  unavailable,
}: GatewayAt): Promise<{ adminUrl: string; token: string }> {
  try {
    const note = JSON.parse(await readFile(join(stateDir, 'gateway.json'), 'utf8')) as { adminUrl: string };
    return { adminUrl: note.adminUrl, token: (await readFile(join(stateDir, 'token'), 'utf8')).trim() };
  } catch (cause) {
    throw new ShipwayError(unavailable, `no gateway has run on ${stateDir}`, { cause });
  }
}
