import { CancellationScope, CancelledFailure, condition, isCancellation, sleep } from '@temporalio/workflow';
import { queueRules } from '../src/domain/queue.js';
import type { Field } from './moves.js';
import { watchPhase } from './watch-phase.js';

/**
 * Watches at 100 % for `ms`, after which the release is known good; or for its least time, when another waits and asks for that. Throws
 * when the candidate is bad.
 */
export async function bake(field: Field, ms: number): Promise<void> {
  const begun = Date.now();
  const [watch, wait] = [new CancellationScope(), new CancellationScope()];
  const watching = watch.run(() => watchPhase(field, 'bake', ms));
  const enough = wait.run(() => longEnough(field, begun, ms));
  try {
    const next = await Promise.race([watching.then(() => undefined), enough]);
    if (next === undefined) return;
    watch.cancel();
    // It may have turned bad at the last moment.
    await watching.catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
    if (CancellationScope.current().consideredCancelled)
      throw new CancelledFailure('the bake was interrupted');
    const after = `${String(Math.round((Date.now() - begun) / 1_000))} s`;
    field.cut = [`its bake was cut short after ${after} for ${next}`];
    field.show({}, field.cut[0]);
  } finally {
    wait.cancel();
    enough.catch(() => undefined);
  }
}

/** Answers who comes next, once the bake has lasted its least time; of one that has ended, or is in doubt at its end, never. */
async function longEnough(field: Field, begun: number, ms: number): Promise<string> {
  const { minBakeMs } = queueRules(field.input.plan);
  await condition(() => field.next !== undefined && Date.now() < begun + ms && minBakeMs < ms);
  const left = begun + minBakeMs - Date.now();
  if (left > 0) await sleep(left, { summary: 'until the bake may end for another' });
  return field.next ?? '';
}
