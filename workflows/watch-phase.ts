import { CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow';
import type { GateState } from '../src/domain/gate.js';
import type { VerdictKind } from '../src/domain/verdict.js';
import type { WatchInput, WatchResult } from '../src/domain/watching.js';
import { about, judgedBad, type Field } from './moves.js';
import { control } from './profiles.js';
import { shielded } from './shielded.js';

/** Watches one phase to its end; doubt that outlasts the step parks the deployment, and a person decides. Throws when the candidate is bad. */
export async function watchPhase(field: Field, what: WatchInput): Promise<void> {
  const result = await watched(field, what);
  const { kind, reason } = result.verdict;
  if (kind === 'pass') return;
  const policy = kind === 'unavailable' ? what.plan.onUnavailable : what.plan.onInconclusive;
  if (policy === 'continue') {
    field.show({}, `going on in doubt: ${reason}`);
    return;
  }
  await parked(field, what, kind, reason);
}

/** Interrupted by this workflow it ends as cancelled; interrupted by a worker that goes away it goes on from what it knew. */
async function watched(field: Field, what: WatchInput): Promise<WatchResult> {
  let result: WatchResult;
  do {
    if (CancellationScope.current().consideredCancelled)
      throw new CancelledFailure('the watch was interrupted');
    result = await field.effects.watching.watch.executeWithOptions(
      { summary: `watch ${what.service} ${what.environment} ${what.phase}` },
      [{ ...what, evidence: field.evidence }],
    );
    field.evidence = result.evidence;
  } while (result.interrupted);
  if (result.verdict.kind === 'fail') {
    field.judgedBad = true;
    field.show({ verdict: result.verdict });
    throw judgedBad(result.verdict.reason);
  }
  field.show({ verdict: result.verdict });
  return result;
}

/** Open and asking. The candidate has traffic, so it is watched for as long as nobody answers. */
async function parked(field: Field, what: WatchInput, kind: VerdictKind, reason: string): Promise<void> {
  field.show({ phase: 'parked' }, `parked: ${reason}`);
  const open = { ...what, phase: 'parked' };
  delete open.until;
  const [guard, question] = [new CancellationScope(), new CancellationScope()];
  const guarding = guard.run(() => watched(field, open));
  const title = `${what.phase} is ${kind}: ${reason}. approve: go on; reject: go back`;
  const answer = question.run(async () =>
    field.gates.ask(
      await shielded(() => control.openQuestion({ ...about(field), question: 'parked', title })),
    ),
  );
  let closed: GateState;
  try {
    closed = await Promise.race([answer, guarding.then(() => answer)]);
  } finally {
    question.cancel();
    guard.cancel();
    await Promise.allSettled([answer, guarding]);
  }
  await control.closeGate({ ...about(field), gate: closed });
  await guarding.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  if (closed.verdict !== 'approved') {
    const by = closed.answers.find((a) => a.verb === 'reject');
    throw judgedBad(`parked (${reason}) and sent back by ${by?.person ?? 'nobody'}`);
  }
  field.show({ phase: what.phase === 'bake' ? 'bake' : 'shift' }, `a person lets it go on`);
}
