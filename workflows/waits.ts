import { CancellationScope, CancelledFailure, condition, isCancellation, sleep } from '@temporalio/workflow';
import { queueRules } from '../src/domain/queue.js';
import type { Field } from './moves.js';
import { watchPhase } from './watch-phase.js';

/** Watches a share for `ms`, or until a person ends that. Throws when the candidate is bad. */
export async function watchStep(field: Field, phase: string, ms: number): Promise<void> {
  await watchUnless(field, phase, ms, () => skipped(field));
}

/**
 * Watches at 100 % for `ms`, after which the release is known good; or for its least time, when another waits and asks for that; or until
 * a person ends it. Throws when the candidate is bad.
 */
export async function bake(field: Field, ms: number): Promise<void> {
  const begun = Date.now();
  const ended = await watchUnless(field, 'bake', ms, () =>
    Promise.race([longEnough(field, begun, ms), skipped(field)]),
  );
  if (ended === undefined) return;
  const after = `${String(Math.round((Date.now() - begun) / 1_000))} s`;
  field.cut = [`its bake was cut short after ${after} ${ended}`];
  field.show({}, field.cut[0]);
}

/** Watches a phase to its end, or until `enough`: answers what that said then. */
async function watchUnless(
  field: Field,
  phase: string,
  ms: number,
  enough: () => Promise<string>,
): Promise<string | undefined> {
  const [watch, wait] = [new CancellationScope(), new CancellationScope()];
  field.wait = phase;
  const watching = watch.run(() => watchPhase(field, phase, ms));
  const early = wait.run(enough);
  try {
    const why = await Promise.race([watching.then(() => undefined), early]);
    if (why === undefined) return undefined;
    watch.cancel();
    // It may have turned bad at the last moment.
    await watching.catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the watch was interrupted');
    return why;
  } finally {
    delete field.wait;
    delete field.skipped;
    wait.cancel();
    early.catch(() => undefined);
  }
}

async function skipped(field: Field): Promise<string> {
  await condition(() => field.skipped !== undefined);
  return `by ${field.skipped ?? ''}`;
}

/** Says for whom, once the bake has lasted its least time and another waits; of one that has ended, or is in doubt at its end, never. */
async function longEnough(field: Field, begun: number, ms: number): Promise<string> {
  const { minBakeMs } = queueRules(field.input.plan);
  await condition(() => field.next !== undefined && Date.now() < begun + ms && minBakeMs < ms);
  const left = begun + minBakeMs - Date.now();
  if (left > 0) await sleep(left, { summary: 'until the bake may end for another' });
  return `for ${field.next ?? ''}`;
}
