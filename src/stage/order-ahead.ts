import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { aheadOf } from './ahead.js';
import { launched } from './launcher.js';

const making = new Map<string, Promise<void>>();

/** Has a checkout copied for the stage that comes next; asked again while it is being copied, it is copied once. */
export function orderAhead(checkout: string): Promise<void> {
  const under = making.get(checkout);
  if (under !== undefined) return under;
  const made = launched('makeAhead', checkout).finally(() => making.delete(checkout));
  making.set(checkout, made);
  return made;
}

/**
 * Takes the copy as a job's folder, waiting while this worker makes one: how that failed is told to whoever ordered it. False when there
 * is none; fails when `signal` aborts.
 */
export async function takeAhead(checkout: string, job: string, signal: AbortSignal): Promise<boolean> {
  const under = making.get(checkout);
  signal.throwIfAborted();
  if (under !== undefined) await Promise.race([under.catch(() => undefined), once(signal, 'abort')]);
  signal.throwIfAborted();
  try {
    renameSync(aheadOf(checkout), job);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
