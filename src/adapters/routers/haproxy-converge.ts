import { setTimeout as sleep } from 'node:timers/promises';
import { ShipwayError } from '../../errors.js';
import { refused, unavailable } from './failures.js';
import { askMaster, askWorker, firstLine, isReload, processes, type Ask } from './haproxy-cli.js';
import { revisionOf } from './haproxy-config.js';
import {
  GONE,
  canServe,
  differences,
  entryChange,
  hasEnded,
  leftovers,
  look,
  revisionIn,
  type Command,
  type Seen,
} from './haproxy-runtime.js';
import { isWhole, type Served } from './served.js';

/** Where an HAProxy is: the socket of its master process, and the folder that it loads and shipway writes. */
export interface HaproxyAt {
  readonly socket: string;
  readonly folder: string;
}

const ROUNDS = 6;
const RELOADED_MS = 10_000;
const PAUSE_MS = 25;
const RELOADING = 'it was being reloaded';

/**
 * Brings HAProxy to what the files say of one target, and ends only when the worker process that is there afterwards does just that: what
 * somebody else's reload took back meanwhile is done again. It reloads when there is another way to do it only. Fails with
 * `router.unavailable`, `router.refused`.
 */
export async function converge(
  at: HaproxyAt,
  served: Served,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const ask = askMaster(at.socket, signal);
  const revision = revisionOf(served, at.folder);
  let said = '';
  for (let round = 0; round < ROUNDS; round++) {
    const { current, old } = await processes(ask, signal);
    const worker = askWorker(ask, current);
    const seen = await seenBy(worker, key, at.folder);
    if (seen === undefined) {
      said = RELOADING;
      continue;
    }
    try {
      const now = await step(ask, worker, at, { served, key, seen, revision }, signal);
      const before = await Promise.all(old.map((pid) => stepOfOld(askWorker(ask, pid), at, served, key)));
      said = [now, ...before].find((one) => one !== '') ?? '';
    } catch (error) {
      // Amid somebody's reload: what was done of it is done again by whoever comes.
      if (!isReload(error)) throw error;
      said = RELOADING;
    }
    if (said === '' && (await processes(ask, signal)).current === current) return;
  }
  throw unavailable(`HAProxy does not come to what ${at.folder} says: ${said}`);
}

interface Round {
  readonly served: Served;
  readonly key: string;
  readonly seen: Seen;
  readonly revision: string;
}

/** Does what is left to do; empty when there was nothing, else the last thing. */
async function step(
  ask: Ask,
  worker: Ask,
  at: HaproxyAt,
  { served, key, seen, revision }: Round,
  signal: AbortSignal,
): Promise<string> {
  const target = served.targets[key];
  if (seen.revision !== revision) {
    // A way back is not to wait for a reload, which may be refused for what others have written.
    if (target !== undefined && isWhole(target) && seen.entry !== undefined)
      await carryOut(worker, entryChange(key, target, seen, at.folder));
    await reload(ask, at, revision, signal);
    return 'it was reloaded';
  }
  if (target === undefined) return '';
  for (const command of leftovers(key, target, seen)) await worker(command);
  return carryOut(worker, differences(key, target, seen, at.folder));
}

/**
 * A worker that a reload has sent away still shares out what comes on connections that users have kept, by its own map. It takes no change
 * of its servers any more, so users are sent on where it has some. One that has ended has nothing left to do.
 */
async function stepOfOld(worker: Ask, { folder }: HaproxyAt, served: Served, key: string): Promise<string> {
  const target = served.targets[key];
  if (target === undefined || (await hasEnded(worker))) return '';
  try {
    const seen = await look(worker, key, folder);
    return canServe(target, seen) ? await carryOut(worker, entryChange(key, target, seen, folder)) : '';
  } catch (error) {
    if (await hasEnded(worker)) return '';
    throw error;
  }
}

/** One after the other, to the first that is not done; answers the last one, with what was said to it. */
async function carryOut(worker: Ask, commands: readonly Command[]): Promise<string> {
  let said = '';
  for (const { text, done } of commands) {
    const answer = await worker(text);
    said = `${text}: ${firstLine(answer)}`;
    if (!done.test(answer)) break;
  }
  return said;
}

/** The same look again, by the process that is there now, when the one that was asked has gone. */
export async function seenBy(worker: Ask, key: string, folder: string): Promise<Seen | undefined> {
  try {
    return await look(worker, key, folder);
  } catch (error) {
    if (isReload(error) || (error instanceof ShipwayError && GONE.test(error.message))) return undefined;
    throw error;
  }
}

/** Fails with `router.refused` when HAProxy stays with what it had, or comes back without `shipway.cfg`. */
async function reload(ask: Ask, { folder }: HaproxyAt, revision: string, signal: AbortSignal): Promise<void> {
  const before = await processes(ask, signal);
  // In a reload the master hangs up before it has answered.
  await ask('reload').catch(() => '');
  for (const until = Date.now() + RELOADED_MS; Date.now() < until;) {
    await sleep(PAUSE_MS, undefined, { signal });
    const { current, failed } = await processes(ask, signal, RELOADED_MS);
    if (failed > before.failed)
      throw refused(
        `HAProxy refuses its configuration and stays with the one it had: its log says why, and so does \`haproxy -c\` with its files and -f ${folder}`,
      );
    if (current === before.current) continue;
    if ((await revisionIn(askWorker(ask, current))) === revision) return;
    throw refused(
      `HAProxy was reloaded and does not load ${folder}/shipway.cfg: start it with \`-f ${folder}\` after its own files`,
    );
  }
  throw unavailable(`HAProxy was told to reload and did not within ${String(RELOADED_MS / 1_000)} s`);
}
