import { CancellationScope, CancelledFailure, condition } from '@temporalio/workflow';
import { queueRules } from '../src/domain/queue.js';
import type { Field } from './field.js';
import { control } from './profiles.js';
import { watchPhase } from './watch-phase.js';

/** Watches a share for `ms`, or until a person ends that. Throws when the candidate is bad. */
export async function watchStep(field: Field, phase: string, ms: number): Promise<void> {
  const said = `watching ${phase} for ${String(ms / 1000)} s`;
  await watchUnless(field, { phase, until: Date.now() + ms, said }, () => field.skipped !== undefined);
  delete field.skipped;
}

/**
 * Watches at 100 % for `ms`, after which the release is known good. When another waits and asks for that, the bake's end is that of its
 * least time: what is in doubt then is held as at every end. A person may end it at once. Throws when the candidate is bad.
 */
export async function bake(field: Field, ms: number): Promise<void> {
  const begun = Date.now();
  const { minBakeMs } = queueRules(field.input.plan);
  const least = begun + Math.min(ms, minBakeMs);
  let said = `watching bake for ${String(ms / 1000)} s`;
  for (;;) {
    const next = field.next;
    const until = next === undefined ? begun + ms : Math.max(least, Date.now());
    const heard = field.hints;
    // Once its own end has come, or a person is asked about it, there is nothing to bring forward.
    const changed = (): boolean =>
      field.hints !== heard && !field.parked && Date.now() < begun + ms && minBakeMs < ms;
    const early = await watchUnless(
      field,
      { phase: 'bake', until, said },
      () => changed() || field.skipped !== undefined,
    );
    if (field.skipped !== undefined) return cutShort(field, begun, `by ${field.skipped}`);
    if (!early) return next === undefined ? undefined : cutShort(field, begun, `for ${next}`);
    field.next = await waitingNext(field);
    said =
      field.next === undefined ? 'nobody waits for the bake any more' : `${field.next} waits for the bake`;
  }
}

/** Whoever waits next and asks for the end of the bake, as the store knows it: a hint may come from anybody. */
async function waitingNext({ input: { service, environment } }: Field): Promise<string | undefined> {
  return (await control.nextInQueue({ service, environment })) ?? undefined;
}

function cutShort(field: Field, begun: number, why: string): void {
  const after = `${String(Math.round((Date.now() - begun) / 1_000))} s`;
  delete field.skipped;
  field.cut = [`its bake was cut short after ${after} ${why}`];
  field.show({}, field.cut[0]);
}

interface Watching {
  readonly phase: string;
  readonly until: number;
  readonly said: string;
}

/** Watches a phase to its end, or until `enough`; answers whether it was that. The watch has really stopped then. */
async function watchUnless(field: Field, of: Watching, enough: () => boolean): Promise<boolean> {
  const [watch, wait] = [new CancellationScope(), new CancellationScope()];
  field.wait = of.phase;
  const watching = watch.run(() => watchPhase(field, of.phase, of.until, of.said));
  const early = wait.run(() => condition(enough)).then(() => 'early' as const);
  let first: 'early' | undefined;
  try {
    first = (await Promise.race([watching, early])) ?? undefined;
  } finally {
    delete field.wait;
    watch.cancel();
    wait.cancel();
    await Promise.allSettled([watching, early]);
  }
  if (first === undefined) return false;
  // It may have turned bad at the last moment. That a watch which was told to end could not say how it ended says nothing.
  if (field.judgedBad) await watching;
  if (CancellationScope.current().consideredCancelled)
    throw new CancelledFailure('the watch was interrupted');
  return true;
}
