import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { within } from '../../within.js';
import { textIn } from '../text-in.js';
import { unavailable } from './failures.js';
import type { NginxPlace } from './nginx-place.js';
import type { Slot } from '../../domain/target.js';
import { whyOf } from '../../errors.js';

const ANSWER_MS = 2_000;
const LARGEST = 4_000_000;

/** What nginx says of a target. */
export interface Said {
  /** Of the configuration that the worker which answered was started with; absent: it knows another token. */
  readonly revision?: string;
  /** Whether it listens for the target. */
  readonly place: boolean;
  /** What is true at run time. */
  readonly now: string;
  /** What a new start would begin with; absent: it cannot read that. */
  readonly kept?: string;
}
const OF_ANOTHER: Said = { place: false, now: '' };

/** `undefined`: nobody listens there. Fails with `router.unavailable` when what is there does not answer as shipway's nginx. */
export async function askTarget(
  place: NginxPlace,
  key: string,
  signal: AbortSignal,
): Promise<Said | undefined> {
  const answer = await asked(place, { method: 'GET', path: `/targets/${key}` }, signal);
  if (answer === undefined || answer.status === 401) return answer && OF_ANOTHER;
  const [found = '', has, now, kept] = /^place (yes|no)\nnow (.*)\nkept (.*)$/.exec(answer.text) ?? [];
  if (answer.status !== 200 || answer.revision === undefined || found === '' || now === undefined)
    throw nonsense(place, answer);
  return {
    ...{ revision: answer.revision, place: has === 'yes', now },
    ...(kept === undefined || kept === 'unread' ? {} : { kept }),
  };
}

/** Says what shall be true at run time; nothing: that nothing is known of the target any more. */
export async function tellTarget(
  place: NginxPlace,
  key: string,
  state: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const method = state === undefined ? 'DELETE' : 'PUT';
  const answer = await asked(
    place,
    { method, path: `/targets/${key}`, ...(state === undefined ? {} : { body: state }) },
    signal,
  );
  if (answer?.status === 507)
    throw unavailable(`nginx has no room for what is to be said of ${key}: ${answer.text}`);
  if (answer !== undefined && answer.status !== 204) throw nonsense(place, answer);
}

/** Requests in flight to a slot by member, as `servers` names them. */
export async function askInflight(
  place: NginxPlace,
  key: string,
  slot: Slot,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const answer = await asked(place, { method: 'GET', path: `/inflight/${key}` }, signal);
  if (answer?.status !== 200 || answer.revision === undefined)
    throw answer === undefined ? silent(place, 'connection refused') : nonsense(place, answer);
  const found = new Map<string, number>();
  for (const line of answer.text.split('\n').filter((one) => one !== '')) {
    const [, of, name = '', count] = /^(blue|green)\|(\S+) (\d+)$/.exec(line) ?? [];
    if (of === undefined) throw nonsense(place, answer);
    if (of === slot) found.set(name, Number(count));
  }
  return found;
}

interface Call {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: string;
}
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly revision?: string;
}

/** In a reload: a worker that is sent away hangs up on whom it has taken a connection of, and has not heard yet. */
const HUNG_UP = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];
const PAUSE_MS = 25;

/** Every call may be made again: what it says is all that is to be true. */
async function asked(place: NginxPlace, call: Call, signal: AbortSignal): Promise<Answer | undefined> {
  for (const until = Date.now() + ANSWER_MS; ;) {
    signal.throwIfAborted();
    try {
      return await within(ANSWER_MS, signal, (ending) => askedOnce(place, call, ending));
    } catch (cause) {
      signal.throwIfAborted();
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ECONNREFUSED') return undefined;
      if (!HUNG_UP.includes(code ?? '') || Date.now() > until) throw silent(place, whyOf(cause), cause);
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

async function askedOnce(place: NginxPlace, call: Call, signal: AbortSignal): Promise<Answer> {
  const { statusCode, headers, body } = await request(`http://127.0.0.1:${String(place.port)}${call.path}`, {
    method: call.method,
    headers: { authorization: `Bearer ${place.token ?? ''}` },
    body: call.body ?? null,
    signal,
    // A kept connection may be to a worker that a reload has sent away.
    reset: true,
  });
  const revision = headers['x-shipway-revision'];
  return {
    status: statusCode,
    text: await textIn(body, LARGEST),
    ...(typeof revision === 'string' ? { revision } : {}),
  };
}

export const silent = ({ port }: NginxPlace, why: string, cause?: unknown): Error =>
  unavailable(`nginx did not answer at 127.0.0.1:${String(port)}: ${why}`, cause);

const nonsense = ({ port, folder }: NginxPlace, { status, text }: Answer): Error =>
  unavailable(
    status === 500
      ? `nginx answers 500 at 127.0.0.1:${String(port)}, and its error log says why: its worker processes must be able to read ${folder}`
      : `what answers at 127.0.0.1:${String(port)} is no nginx of shipway's: ${String(status)} ${JSON.stringify(text.slice(0, 200))}`,
  );
