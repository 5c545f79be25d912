import { setTimeout as sleep } from 'node:timers/promises';
import { TOKEN, carriedBy, listed, pids, type Listed } from './process-find.js';

export interface Passed extends Listed {
  /** The instance whose id it carries. */
  readonly instance?: string;
}
/** All processes of this host, one after the other. */
export interface Pass {
  /** Epoch ms of its begin. */
  readonly at: number;
  readonly processes: readonly Passed[];
}

/** Who asks for both slots of a target asks at almost the same time. */
const JOIN_MS = 5;
/** Of the worker's time, which it shares with all else, passes take a part of so many. */
const PART = 20;

/**
 * Gives a pass over the processes that begins after it was asked for. However many ask, and however many processes there are, a worker
 * spends little of its time on them: whoever asks meanwhile shares the next pass.
 */
export function processPasses(): () => Promise<Pass> {
  let next: Promise<Pass> | undefined;
  let earliest = 0;
  let known: readonly Passed[] = [];
  const begin = async (): Promise<Pass> => {
    await sleep(Math.max(JOIN_MS, earliest - performance.now()));
    next = undefined;
    const [at, from] = [Date.now(), performance.now()];
    known = passOver(known);
    const to = performance.now();
    earliest = to + PART * (to - from);
    return { at, processes: known };
  };
  return () => (next ??= begin());
}

function passOver(known: readonly Passed[]): readonly Passed[] {
  const carrying = new Map(known.map((one) => [one.pid, one]));
  return pids().flatMap((pid) => {
    const found = listed(pid);
    if (found === undefined) return [];
    const before = carrying.get(pid);
    const instance =
      before?.startTime === found.startTime && before.instance !== undefined
        ? before.instance
        : carriedId(pid);
    return [{ ...found, ...(instance === undefined ? {} : { instance }) }];
  });
}

/** What was read once holds: some programs write over their environment. That there was none may be of before the program was there. */
const carriedId = (pid: number): string | undefined =>
  carriedBy(pid)
    .find((variable) => variable.startsWith(`${TOKEN}=`))
    ?.slice(TOKEN.length + 1);
