import { CancellationScope, CancelledFailure, condition, isCancellation } from '@temporalio/workflow';
import { durationText } from '../src/domain/duration.js';
import { queueRules } from '../src/domain/queue.js';
import type { Field } from './field.js';
import { control } from './profiles.js';
import { watchPhase } from './watch-phase.js';

/** Watches a share for `ms`, or until a person ends that. Throws when the candidate is bad. */
export async function watchStep(field: Field, phase: string, ms: number): Promise<void> {
  const said = `watching ${phase} for ${durationText(ms)}`;
  await watchUnless(field, { phase, until: Date.now() + ms, said }, () => field.skipped !== undefined);
}

/**
 * Watches at 100 % for `ms`, after which the release is known good. When another waits and asks for that, the bake's end is that of its
 * least time: what is in doubt then is held as at every end. A person may end it at once. Throws when the candidate is bad.
 */
export async function bake(field: Field, ms: number): Promise<void> {
  const begun = Date.now();
  const { minBakeMs } = queueRules(field.input.plan);
  const asking = new CancellationScope();
  if (minBakeMs < ms) asking.run(() => askWhoWaits(field)).catch(() => undefined);
  try {
    const cut = await bakeUntilEnough(field, begun, { ms, minBakeMs });
    if (cut === undefined) return;
    const after = `${String(Math.round((Date.now() - begun) / 1_000))} s`;
    field.cut = [`its bake was cut short after ${after} ${cut}`];
    field.show({}, field.cut[0]);
  } finally {
    asking.cancel();
  }
}

/** Why it ended before its time; `undefined` when it did not. */
async function bakeUntilEnough(
  field: Field,
  begun: number,
  { ms, minBakeMs }: { readonly ms: number; readonly minBakeMs: number },
): Promise<string | undefined> {
  const end = begun + ms;
  // Remembered: who comes and goes does not move it again.
  let brought: number | undefined;
  let said = `watching bake for ${durationText(ms)}`;
  for (;;) {
    const next = field.next;
    if (next !== undefined) brought ??= Math.max(begun + minBakeMs, Date.now());
    const until = next === undefined ? end : Math.min(brought ?? end, end);
    // Once its own end has come, or a person is asked about it, there is nothing to bring forward.
    const changed = (): boolean =>
      (field.next === undefined) !== (next === undefined) && !field.parked && Date.now() < end;
    const early = await watchUnless(
      field,
      { phase: 'bake', until, said },
      () => changed() || field.skipped !== undefined,
    );
    if (field.skipped !== undefined) return `by ${field.skipped}`;
    if (!early) return next === undefined || Date.now() >= end ? undefined : `for ${field.next ?? next}`;
    said =
      field.next === undefined ? 'nobody waits for the bake any more' : `${field.next} waits for the bake`;
  }
}

/**
 * Keeps up with who waits next and asks for the end of the bake, as the store knows it: a hint may come from anybody. The bake goes on
 * meanwhile, however long the store is away, and whatever else goes wrong with asking.
 */
async function askWhoWaits(field: Field): Promise<void> {
  const { service, environment } = field.input;
  for (let heard = 0; ;) {
    await condition(() => field.hints !== heard);
    heard = field.hints;
    try {
      field.next = (await control.nextInQueue({ service, environment })) ?? undefined;
    } catch (error) {
      if (isCancellation(error)) throw error;
      field.next = undefined;
    }
  }
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
  delete field.skipped;
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
