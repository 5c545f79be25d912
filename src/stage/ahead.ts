import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { exists } from '../folders.js';
import { copyTree, removeTree } from './hands.js';

/** Beside the checkout; one at most, which whoever comes first takes. */
export const aheadOf = (checkout: string): string => `${checkout}.ahead`;

/** Copies a checkout for the stage that comes next, while the one before runs or has just ended. A failure leaves nothing of it. */
export async function makeAhead(checkout: string): Promise<void> {
  const place = aheadOf(checkout);
  if (await exists(place)) return;
  const work = `${checkout}.${randomUUID()}`;
  try {
    await copyTree(checkout, work);
    await rename(work, place);
  } catch (error) {
    await removeTree(work);
    // Another stage was quicker: what it made is the same.
    if (!(await exists(place))) throw error;
  }
}
