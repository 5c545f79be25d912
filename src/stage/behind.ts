import { setTimeout as sleep } from 'node:timers/promises';

const underWay = new Set<Promise<void>>();
const later = new Set<AbortController>();

/** Goes on behind an activity that has ended: what spares the next stage time, and whose failure is no stage's. */
export function behind(work: () => Promise<void>, failed: (error: unknown) => void): void {
  const going = work()
    .catch(failed)
    .finally(() => underWay.delete(going));
  underWay.add(going);
}

/** The same `ms` later, when the stages that follow are not held up by it; at once when the worker ends before that. */
export function wellBehind(ms: number, work: () => Promise<void>, failed: (error: unknown) => void): void {
  const hurry = new AbortController();
  later.add(hurry);
  behind(async () => {
    // It ends early only when it is hurried.
    await sleep(ms, undefined, { signal: hurry.signal, ref: false }).catch(() => undefined);
    later.delete(hurry);
    await work();
  }, failed);
}

/** Resolves when nothing goes on behind any more. */
export async function settled(): Promise<void> {
  while (underWay.size > 0) {
    for (const hurry of later) hurry.abort();
    await Promise.all(underWay);
  }
}
