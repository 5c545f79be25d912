import {
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { returnOf } from '../src/domain/gradual.js';
import type { DeploymentInput, GoBack } from '../src/domain/inputs.js';
import { type Ended, failureTypeOf, type Outcome } from '../src/domain/outcome.js';
import { notAdmitted, unbegun } from './by-hand.js';
import { goBackSignal, startMoves, type Moves } from './moves.js';
import { surely } from './parking.js';
import { control } from './profiles.js';
import { OUTCOME } from './search.js';
import { recover } from './strategies/recover.js';
import { strategyFor } from './strategies/index.js';
import { shielded } from './shielded.js';
import { failedBy, reasonOf, typeOf } from './undo.js';

/**
 * One change of one target. Ends shipped, or undoes what it did and fails with `run.<outcome>`; what happened is in the store
 * before it ends. Started by hand it moves nothing: its first effect finds no permit.
 */
export async function deployment(input: DeploymentInput): Promise<Ended> {
  try {
    return await wholeWay(input);
  } catch (error) {
    throw unbegun(error);
  }
}

async function wholeWay(input: DeploymentInput): Promise<Ended> {
  const forward = new CancellationScope();
  let back: GoBack | undefined;
  const sendBack = (message: GoBack): void => {
    if (message.pace === 'immediate' || message.why === 'abort') moves.hurry();
    // What goes back itself is not sent back by that.
    if (input.kind === 'rollback' && message.pace === 'immediate') return;
    back ??= message;
    if (message.why === 'rollback') moves.keepReplaced();
    forward.cancel();
  };
  const moves = startMoves(input, { forward, sendBack });
  setHandler(goBackSignal, sendBack, {
    description: 'From the target: stop going forward and undo.',
  });
  try {
    await forward.run(() => story(input, moves));
  } catch (error) {
    // Nobody is asked any more how a paused deployment goes on.
    forward.cancel();
    if (typeOf(error) === 'permit.missing') throw notAdmitted(reasonOf(error));
    const ended = await shielded(() => undone(input, moves, error, () => back));
    if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
    throw ApplicationFailure.create({
      message: ended.reason,
      type: failureTypeOf(ended.outcome),
      nonRetryable: true,
      details: [ended],
      category: 'BENIGN',
    });
  }
  return finished(moves, { outcome: 'shipped', reason: moves.shipped() });
}

/** The way forward, in the order an operator would tell it. */
async function story(input: DeploymentInput, moves: Moves): Promise<void> {
  if (input.kind === 'recover') return recover(input, moves);
  await strategyFor(input)(moves);
  await moves.promote();
  if (input.kind === 'deploy') await moves.bake(input.plan.bakeMs);
  await moves.retire();
}

async function undone(
  { plan }: DeploymentInput,
  moves: Moves,
  error: unknown,
  told: () => GoBack | undefined,
): Promise<Ended> {
  const back = told();
  const begun = endingOf(moves, error, back);
  // Whoever sends it back wants it gone; what rules find bad once it is on is the flag.
  if (back === undefined && !isCancellation(error) && (await moves.stayDark(begun.reason)))
    return finished(moves, { ...begun, reason: moves.darkened(begun.reason) });
  const slowly = back?.why === 'rollback' ? returnOf(back.pace, plan) : undefined;
  if (slowly !== undefined) await moves.returnSlowly(slowly);
  const left = await moves.goBack(begun.reason);
  // An abort comes as a message with its reason and as a cancellation, and either may be here first.
  const late = isCancellation(error) && told()?.why === 'abort' ? told() : back;
  const ended = late === back ? begun : endingOf(moves, error, late);
  if (left === undefined) return finished(moves, ended);
  return finished(moves, { ...ended, reason: `${ended.reason}; not undone: ${left}` });
}

/** Before any traffic moved a bad deployment has failed; after it, it was rolled back. */
function endingOf(moves: Moves, error: unknown, back: GoBack | undefined): Ended {
  if (back !== undefined) {
    const outcome: Outcome = back.why === 'abort' ? 'aborted' : 'rolled_back';
    return { outcome, reason: `${back.why} by ${back.by}: ${back.reason}` };
  }
  if (isCancellation(error)) return { outcome: 'aborted', reason: 'cancelled in Temporal' };
  return {
    outcome: moves.trafficMoved() ? 'rolled_back' : 'failed',
    reason: reasonOf(error),
    ...failedBy(error),
  };
}

async function finished(moves: Moves, ended: Ended): Promise<Ended> {
  await shielded(async () => {
    const { gates, record } = moves;
    const dousing = moves.dousing();
    if (dousing !== undefined) await dousing;
    const { service, environment, version } = record();
    await surely({ gates, subject: { service, environment, version } }, 'its end cannot be recorded', () =>
      control.finishDeployment({ ...ended, ...record() }),
    );
    upsertSearchAttributes([{ key: OUTCOME, value: ended.outcome }]);
    moves.close(ended);
    await condition(() => moves.recorded() && allHandlersFinished());
  });
  return ended;
}
