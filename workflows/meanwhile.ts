import { CancellationScope, sleep } from '@temporalio/workflow';
import type { Field } from './field.js';
import { openWatch, watched } from './watch-phase.js';

/**
 * Does `body` while the candidate is watched, `afterMs` from now on. When the candidate turns bad, `body` is cancelled, and this throws
 * when it has really stopped.
 */
export async function meanwhile<T>(
  field: Field,
  phase: string,
  afterMs: number,
  body: () => Promise<T>,
): Promise<T> {
  const [guard, work] = [new CancellationScope(), new CancellationScope()];
  let turned: { readonly error: unknown } | undefined;
  const guarding = guard
    .run(async () => {
      if (afterMs > 0) await sleep(afterMs, { summary: 'until it is watched meanwhile' });
      await watched(field, openWatch(field, phase));
    })
    .catch((error: unknown) => {
      // Told to end, a watch whose worker dies at that moment is not retried and fails: that says nothing of the candidate.
      if (!guard.consideredCancelled) turned = { error };
      throw error;
    });
  const done = work.run(body);
  try {
    await Promise.race([done, guarding.then(() => done)]);
  } finally {
    work.cancel();
    guard.cancel();
    await Promise.allSettled([done, guarding]);
  }
  if (turned !== undefined) throw turned.error;
  return done;
}

const SOON_MS = 2_000;

/**
 * A step on the way forward. The candidate may have users as soon as it is sent some, whatever became of that: a step that takes long,
 * because the store is away or the router, does not leave it unwatched. A rollback is not: there is nothing better to go back to.
 */
export const guarded = <T>(field: Field, step: () => Promise<T>): Promise<T> =>
  field.moved && field.input.kind === 'deploy' ? meanwhile(field, 'waiting', SOON_MS, step) : step();
