import { sleep } from '@temporalio/workflow';
import { unheeding } from './shielded.js';

/** What going back gives the store. */
export const PATIENCE_MS = 1_000;

/** What `work` gives, if it does within `ms`. Not cancelled by anything, and its timer does not stay behind. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const timer = unheeding();
  const over = timer.run(() => sleep(ms, { summary: 'what going back gives the store' }));
  try {
    return await Promise.race([work, over.then(() => undefined)]);
  } finally {
    timer.cancel();
    await over.catch(() => undefined);
  }
}
