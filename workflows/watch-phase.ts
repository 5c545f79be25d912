import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import { adaptersIn } from '../src/domain/adapters.js';
import type { VerdictKind } from '../src/domain/verdict.js';
import type { WatchInput, WatchResult } from '../src/domain/watching.js';
import { meanwhile } from './meanwhile.js';
import { about, judgedBad, type Field } from './field.js';
import { control } from './profiles.js';
import { whilePaused } from './steering.js';
import { refuserOf } from '../src/domain/gate.js';

/** Watches one phase to its end; doubt that outlasts the step parks the deployment, and a person decides. Throws when the candidate is bad. */
export async function watchPhase(field: Field, phase: string, until: number, said: string): Promise<void> {
  const shown = phase === 'bake' ? 'bake' : 'shift';
  field.show({ phase: shown, nextAt: until }, said);
  const { kind, reason } = (await watched(field, { ...openWatch(field, phase), until })).verdict;
  if (kind === 'pass') return;
  if (CancellationScope.current().consideredCancelled)
    throw new CancelledFailure('the watch was interrupted');
  const { onUnavailable, onInconclusive } = field.input.plan.watch;
  if ((kind === 'unavailable' ? onUnavailable : onInconclusive) === 'continue') {
    field.show({}, `going on in doubt: ${reason}`);
    return;
  }
  await parked(field, phase, kind, reason);
  field.show({ phase: shown }, `a person lets it go on`);
}

/** What a watch is told that goes on until it fails or is interrupted, from now and from what is known. */
export const openWatch = ({ input, evidence }: Field, phase: string): WatchInput => ({
  service: input.service,
  environment: input.environment,
  ...adaptersIn(input.plan),
  deployment: input.id,
  phase,
  candidate: { release: input.release.digest, slot: input.candidate },
  ...(input.replaces === undefined
    ? {}
    : { stable: { release: input.replaces.release.digest, slot: input.replaces.slot } }),
  plan: input.plan.watch,
  liveness: input.plan.configuration.healthChecks.liveness,
  from: Date.now(),
  evidence,
});

/** Interrupted by this workflow it ends as cancelled; interrupted by a worker that goes away it goes on from what it knew. */
export async function watched(field: Field, what: WatchInput): Promise<WatchResult> {
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
async function parked(field: Field, phase: string, kind: VerdictKind, reason: string): Promise<void> {
  delete field.wait;
  field.parked = true;
  try {
    if (field.pausing !== undefined) await whilePaused(field);
    field.show({ phase: 'parked' }, `parked: ${reason}`);
    const title = `${phase} is ${kind}: ${reason}. approve: go on; reject: go back`;
    const closed = await meanwhile(field, 'parked', 0, () =>
      field.gates.ask(() => control.openQuestion({ ...about(field), question: 'parked', title })),
    );
    if (closed.verdict === 'approved') return;
    throw judgedBad(`parked (${reason}) and sent back by ${refuserOf(closed)?.person ?? 'nobody'}`);
  } finally {
    field.parked = false;
  }
}
