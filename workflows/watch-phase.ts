import { CancellationScope, CancelledFailure, patched } from '@temporalio/workflow';
import { adaptersIn } from '../src/domain/adapters.js';
import type { VerdictKind } from '../src/domain/verdict.js';
import type { WatchInput, WatchResult } from '../src/domain/watching.js';
import { meanwhile } from './meanwhile.js';
import { about, judgedBad, type Field } from './field.js';
import { control } from './profiles.js';
import { whilePaused } from './steering.js';
import { refuserOf, type GateState } from '../src/domain/gate.js';

/** Watches one phase to its end; doubt that outlasts the step parks the deployment, and a person decides. Throws when the candidate is bad. */
export async function watchPhase(field: Field, phase: string, until: number, said: string): Promise<void> {
  const shown = phase === 'bake' ? 'bake' : 'shift';
  field.show({ phase: shown, nextAt: until }, said);
  const { kind, reason } = (await watched(field, { ...openWatch(field, phase), until })).verdict;
  if (kind === 'pass') return;
  if (CancellationScope.current().consideredCancelled)
    throw new CancelledFailure('the watch was interrupted');
  const { kind: of, plan } = field.input;
  const { onUnavailable, onInconclusive } = plan.watch;
  // Going back is exempt from every gate: what is in doubt is still what a person wants to serve.
  if (of === 'rollback' || (kind === 'unavailable' ? onUnavailable : onInconclusive) === 'continue') {
    field.show({}, `going on in doubt: ${reason}`);
    return;
  }
  await parked(field, phase, kind, reason);
  field.show({ phase: shown }, `a person lets it go on`);
}

/** What a watch is told that goes on until it fails or is interrupted, from now and from what is known. */
export const openWatch = ({ input, evidence, heading }: Field, phase: string): WatchInput => ({
  service: input.service,
  environment: input.environment,
  ...adaptersIn(input.plan),
  deployment: input.id,
  phase,
  candidate: { release: input.release.digest, slot: input.candidate },
  ...(input.replaces === undefined
    ? {}
    : {
        stable: { release: input.replaces.release.digest, slot: input.replaces.slot },
        stableLiveness: input.replaces.configuration.healthChecks.liveness,
      }),
  plan: input.kind === 'rollback' ? { ...input.plan.watch, stepTimeoutMs: 0 } : input.plan.watch,
  liveness: input.plan.configuration.healthChecks.liveness,
  share: heading,
  from: Date.now(),
  evidence,
});

/** Interrupted by this workflow it ends as cancelled; interrupted by a worker that goes away it goes on from what it knew. */
export async function watched(field: Field, what: WatchInput): Promise<WatchResult> {
  let result: WatchResult;
  do {
    if (CancellationScope.current().consideredCancelled)
      throw new CancelledFailure('the watch was interrupted');
    result = await unlessSentBack(field, watchOnce(field, { ...what, evidence: field.evidence }));
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

export const watchOnce = (field: Field, what: WatchInput): Promise<WatchResult> =>
  field.effects.watching.watch.executeWithOptions(
    { summary: `watch ${what.service} ${what.environment} ${what.phase}` },
    [what],
  );

/** Going back does not wait for the watch to hear that it is over: it changes nothing, and no one asks any more what it has seen. */
function unlessSentBack<T>({ forward }: Field, watch: Promise<T>): Promise<T> {
  watch.catch(() => undefined);
  const sentBack = forward.cancelRequested.catch((error: unknown) => {
    // A deployment of before has waited for it.
    if (!patched('watch-is-left')) return watch;
    throw error;
  });
  return Promise.race([watch, sentBack]);
}

/** In doubt: a person lets it go on, or it is sent back as one that the rules found bad. */
async function parked(field: Field, phase: string, kind: VerdictKind, reason: string): Promise<void> {
  const title = `${phase} is ${kind}: ${reason}. approve: go on; reject: go back`;
  const closed = await askPerson(field, 'parked', `parked: ${reason}`, title);
  if (closed.verdict !== 'approved')
    throw judgedBad(`parked (${reason}) and sent back by ${refuserOf(closed)?.person ?? 'nobody'}`);
}

/** What its strategy has a person say. A no sends it back and says nothing of the release. */
export async function askWhether(field: Field, question: string): Promise<void> {
  const { service, environment, release } = field.input;
  const title = `${service} ${release.version} → ${environment} asks: ${question} approve: go on; reject: go back`;
  const closed = await askPerson(field, 'asked', `asks: ${question}`, title);
  const answer = closed.verdict === 'rejected' ? refuserOf(closed) : closed.answers.at(-1);
  const person = answer?.person ?? 'nobody';
  field.show({ phase: 'shift' }, `${person} ${closed.verdict === 'approved' ? 'lets it go on' : 'says no'}`);
  if (closed.verdict === 'approved') return;
  field.sendBack({ why: 'rollback', by: person, reason: answer?.reason ?? 'no reason given' });
  throw new CancelledFailure('it was sent back');
}

/** Open and asking. What has traffic is watched for as long as nobody answers. */
async function askPerson(
  field: Field,
  question: 'parked' | 'asked',
  said: string,
  title: string,
): Promise<GateState> {
  delete field.wait;
  field.parked = true;
  try {
    if (field.pausing !== undefined) await whilePaused(field);
    field.show({ phase: 'parked' }, said);
    const ask = (): Promise<GateState> =>
      field.gates.ask(() => control.openQuestion({ ...about(field), question, title }));
    return await (field.moved ? meanwhile(field, question, 0, ask) : ask());
  } finally {
    field.parked = false;
  }
}
