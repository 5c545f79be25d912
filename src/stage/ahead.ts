import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exclusive } from '../exclusive.js';
import { together } from '../together.js';
import { copy, exists } from './copy.js';
import { HOME, TMP, WORKSPACE } from './job-files.js';

/** Beside the checkout; one at most, which whoever comes first takes. */
const aheadOf = (checkout: string): string => `${checkout}.ahead`;

/** What a stage's commands begin with: a copy of the checkout, and empty folders for their home and their temporary files. */
export async function makeRun(checkout: string, run: string): Promise<void> {
  await mkdir(run, { mode: 0o711 });
  await together([
    copy(checkout, join(run, WORKSPACE)),
    mkdir(join(run, HOME), { mode: 0o700 }),
    mkdir(join(run, TMP), { mode: 0o700 }),
  ]);
}

/** The same for the stage that comes next, while the one before runs or has just ended. A failure leaves nothing of it. */
export async function makeAhead(checkout: string): Promise<void> {
  const place = aheadOf(checkout);
  await exclusive(place, undefined, async () => {
    if (await exists(place)) return;
    const work = `${checkout}.${randomUUID()}`;
    try {
      await makeRun(checkout, work);
      await rename(work, place);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

/** Takes what was made ahead, waiting while it is being made. False when there is none. */
export async function takeAhead(checkout: string, run: string, signal: AbortSignal): Promise<boolean> {
  const place = aheadOf(checkout);
  return exclusive(place, signal, async () => {
    try {
      await rename(place, run);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });
}
