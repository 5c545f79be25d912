import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShipwayError, whyOf } from '../../errors.js';
import { within } from '../../within.js';
import { textIn } from '../text-in.js';
import { unavailable } from './failures.js';

/** One command of the runtime API, and its answer. */
export type Ask = (command: string) => Promise<string>;

/** What `show proc` of the master says. */
export interface Processes {
  readonly current: number;
  /** Workers that an earlier reload has sent away, which end what they have begun. */
  readonly old: readonly number[];
  /** Reloads that failed since the last one that did not. */
  readonly failed: number;
}

const ANSWER_MS = 2_000;
const LARGEST = 8_000_000;
/** In a reload the master replaces itself twice; on a busy host that takes a while. */
const BLINK_MS = 1_000;
const PAUSE_MS = 20;

/** The socket of HAProxy's master process (`-S`). Fails with `router.unavailable` when what is there does not answer as one. */
export const askMaster =
  (socket: string, signal: AbortSignal): Ask =>
  async (command) => {
    signal.throwIfAborted();
    try {
      return await answerOf(socket, command, signal);
    } catch (cause) {
      signal.throwIfAborted();
      const why = whyOf(cause);
      throw unavailable(`HAProxy did not answer at ${socket}: ${why}`, cause);
    }
  };

/** It answers one line, and hangs up when the other side has said all. */
const answerOf = (path: string, command: string, signal: AbortSignal): Promise<string> =>
  within(ANSWER_MS, signal, async (ending) => {
    const socket = connect({ path, signal: ending });
    socket.on('connect', () => socket.end(`${command}\n`));
    return (await textIn(socket, LARGEST)).trim();
  });

/** A worker process by its pid: what was begun with one is not gone on with in the next. */
export const askWorker =
  (ask: Ask, pid: number): Ask =>
  (command) =>
    ask(`@!${String(pid)} ${command}`);

/**
 * The processes. For a moment in every reload nobody listens, those that have just come are sent away, or there is no worker yet: so long
 * it asks again, and for as long as `patience` says.
 */
export async function processes(ask: Ask, signal: AbortSignal, patience = BLINK_MS): Promise<Processes> {
  for (const until = Date.now() + patience; ;) {
    const said = await ask('show proc').catch((error: unknown) => error);
    const found = typeof said === 'string' ? processesIn(said) : undefined;
    if (found !== undefined) return found;
    if (typeof said === 'string' ? said !== '' && !said.startsWith(HEADER) : !isReload(said))
      throw notMaster(said);
    if (Date.now() > until) throw notMaster(said);
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

const HEADER = '#<PID>';
const notMaster = (said: unknown): Error =>
  said instanceof Error
    ? said
    : unavailable(`what answers is no master process of HAProxy with a worker: ${firstLine(String(said))}`);

/** What was asked something that has an answer always, and said nothing: it hung up before it was through, which the system tells as the end of it. */
export const hungUp = (command: string): Error =>
  unavailable(`HAProxy hung up before it had answered \`${command}\``, { code: 'ECONNRESET' });

/** It hung up, as it does when it replaces itself. */
export const isReload = (error: unknown): boolean =>
  error instanceof ShipwayError &&
  ['ECONNRESET', 'EPIPE', 'ECONNREFUSED'].includes(
    (error.cause as NodeJS.ErrnoException | undefined)?.code ?? '',
  );

function processesIn(text: string): Processes | undefined {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  const old = rows.findIndex((row) => row.join(' ') === '# old workers');
  const workers = rows.flatMap(([pid = '', type], i) =>
    type === 'worker' && /^\d+$/.test(pid) ? [{ pid: Number(pid), old: old >= 0 && i > old }] : [],
  );
  const current = workers.find((worker) => !worker.old);
  if (!text.startsWith(HEADER) || current === undefined) return undefined;
  return {
    current: current.pid,
    old: workers.filter((worker) => worker.old).map(({ pid }) => pid),
    failed: Number(/\[failed: (\d+)\]/.exec(text)?.[1] ?? 0),
  };
}

export const firstLine = (text: string): string => JSON.stringify((text.split('\n')[0] ?? '').slice(0, 200));
