import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { Configuration, Probe } from '../../domain/plan.js';
import { ShipwayError, whyOf } from '../../errors.js';
import { within } from '../../within.js';
import { logFile, type InstanceNote } from './process-files.js';
import { strangerOnPort } from './process-port.js';
import { processOf, type Started } from './process-start.js';

export const urlOf = (note: InstanceNote): string => `http://127.0.0.1:${String(note.port)}`;

/** Why an instance is not well, or `undefined` when it answers with a 2xx in time, asked on a connection of its own. */
export async function probe(
  url: string,
  { path, timeoutMs }: Pick<Probe, 'path' | 'timeoutMs'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  return within(timeoutMs, signal, async (ending) => {
    try {
      // Glued and not resolved: a path like //elsewhere stays a path.
      const place = `${url}/${path.replace(/^\//, '')}`;
      const response = await request(place, { signal: ending, reset: true });
      await response.body.dump();
      const { statusCode } = response;
      return statusCode >= 200 && statusCode < 300 ? undefined : `${path} answered ${String(statusCode)}`;
    } catch (error) {
      signal.throwIfAborted();
      if (ending.aborted) return `${path} did not answer within ${String(timeoutMs)} ms`;
      return `${path} did not answer: ${whyOf(error)}`;
    }
  });
}

/** A service that starts quickly is asked quickly; one that does not is asked at its own period. */
const FIRST_PAUSE_MS = 20;

/**
 * Waits until the instance is ready, `startupTimeoutMs` at most from now. Fails with `instance.start_failed` when it has ended,
 * `instance.not_ready` when the time is over, each with the place of its output and what is `shown` of it.
 */
export async function awaitReady(
  slotDirectory: string,
  started: Started,
  { healthChecks, startupTimeoutMs }: Configuration,
  shown: (log: string) => Promise<string>,
  signal: AbortSignal,
): Promise<void> {
  const { note } = started;
  const { readiness } = healthChecks;
  const until = Date.now() + startupTimeoutMs;
  const earliest = Date.parse(note.startedAt) + readiness.initialDelayMs;
  const output = async (): Promise<string> => {
    const log = logFile(slotDirectory, note.id);
    return `its output: ${log}\n${await shown(log)}`;
  };
  let why: string | undefined = 'it was not asked yet';
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, readiness.periodMs)) {
    signal.throwIfAborted();
    if (Date.now() >= earliest) why = await probe(urlOf(note), readiness, signal);
    // Another program's answer on its port does not make it ready.
    if (why === undefined && (await strangerOnPort(note)))
      why = `another program listens on its port ${String(note.port)}`;
    if ((await processOf(slotDirectory, note)) === undefined) {
      const how = await howItEnded(started);
      throw new ShipwayError('instance.start_failed', `instance ${note.id} ${how}; ${await output()}`);
    }
    if (why === undefined) return;
    if (Date.now() > until) {
      const text = `instance ${note.id} was not ready within ${String(startupTimeoutMs / 1_000)} s: ${why}`;
      throw new ShipwayError('instance.not_ready', `${text}; ${await output()}`);
    }
    await sleep(Math.min(pause, Math.max(until - Date.now(), 1)), undefined, { signal });
  }
}

const TOLD_MS = 1_000;
const TOLD_PAUSE_MS = 10;

/** Whoever started it is told how it ended a moment after it has. */
async function howItEnded({ fresh, ended }: Started): Promise<string> {
  for (let waited = 0; fresh && ended() === undefined && waited < TOLD_MS; waited += TOLD_PAUSE_MS)
    await sleep(TOLD_PAUSE_MS);
  return ended() ?? 'ended';
}

export const TAIL_BYTES = 2_048;

/** The last of an instance's output, bounded, for an error message; `more` bytes of it. */
export async function tail(log: string, more = 0): Promise<string> {
  // It only adds to a failure that is told in any case: that it cannot be read must not take that one's place.
  const file = await open(log, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES + more);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}
