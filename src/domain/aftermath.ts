import type { Ended } from './outcome.js';
import type { DeploymentPlan } from './plan.js';
import type { Release } from './release.js';
import type { DeploymentRow } from './store.js';
import { idleSlot, markOn, type HoldMark, type Live, type Slot, type TargetState } from './target.js';

/** How a deployment ended. */
export interface DeploymentEnd extends Ended {
  readonly deployment: string;
  /** The rules, and not a person, found the release bad. */
  readonly judgedBad: boolean;
  /** It passed its bake. */
  readonly knownGood: boolean;
}

/** What a deployment's end makes of its target's record: known good and held no more, a hold mark, or nothing. */
export function afterEnd(
  state: TargetState,
  end: DeploymentEnd,
  { release, plan }: Pick<DeploymentRow, 'release' | 'plan'>,
  at: string,
): TargetState {
  const { deployment, outcome, reason, judgedBad, knownGood } = end;
  const { digest, version } = release;
  const { configuration } = plan;
  const { live, holdMarks } = state;
  const others = holdMarks.filter((mark) => markOn([mark], digest, configuration) === undefined);
  if (knownGood && live?.deployment === deployment) return { ...state, knownGood: live, holdMarks: others };
  if (!judgedBad || outcome !== 'rolled_back') return state;
  // What serves is the same release: then it was the configuration that was bad.
  const only = live?.release.digest === digest && live.deployment !== deployment ? { configuration } : {};
  const mark: HoldMark = { ...{ digest, version, deployment, reason, at }, ...only };
  return { ...state, holdMarks: [...others, mark] };
}

/** A lost deployment that had promoted its release leaves what was known good before it; one that had not leaves all as it was. */
export function afterLoss(state: TargetState, lost: string): TargetState {
  const { live, knownGood, ...rest } = state;
  if (live?.deployment !== lost) return state;
  return knownGood === undefined ? rest : { ...rest, live: knownGood, knownGood };
}

/** What a recovery is to bring about. */
export interface Recovery {
  readonly release: Release;
  readonly plan: DeploymentPlan;
  readonly candidate: Slot;
  readonly replaces?: Live;
}

/** What a lost deployment may have left is put back to what is known as good, or, if nothing is, taken away. */
export function recoveryFrom(state: TargetState, lost: DeploymentRow): Recovery {
  const { live: back } = afterLoss(state, lost.id);
  return {
    release: back?.release ?? lost.release,
    plan: back === undefined ? lost.plan : { ...lost.plan, configuration: back.configuration },
    candidate: idleSlot(back),
    ...(back === undefined ? {} : { replaces: back }),
  };
}
