import type { LeftOn } from './flags.js';
import type { TargetRef } from './ids.js';
import type { Pace } from './gradual.js';
import type { DeploymentPlan, Plan } from './plan.js';
import type { ArtifactRef, Digest, Evidence, Release } from './release.js';
import type { Person, Statement } from './statement.js';
import type { DeploymentKind } from './store.js';
import type { DeployRequest, Live, RollbackRequest, Slot, TargetAnswer } from './target.js';

/** Argument of workflow type `pipeline`. */
export interface PipelineInput {
  readonly run: string;
  readonly plan: Plan;
  readonly planHash: Digest;
  /** The uploaded source: a git bundle in the artifact store. */
  readonly source: Digest;
  /** An uploaded list of the commits that the plan's follows; absent: nothing is known to be older. */
  readonly ancestors?: Digest;
  readonly requestedBy: Person;
  /** Verb `run`, on the plan hash. */
  readonly statement: Statement;
}

/** What a run is told when it is taken in. */
export interface Admitted {
  readonly identity: 'asserted';
  /** What it ships of an earlier run, as its plan asks. */
  readonly built?: Built;
  /** What stages of runs that failed have made, which this one does not run again. */
  readonly kept?: Kept;
}

/** What stages have made, before there was a release of it. */
export interface Kept {
  readonly artifacts: readonly ArtifactRef[];
  readonly evidence: readonly Evidence[];
}

/** A release and what is known of it, of all runs that made or shipped it. */
export interface Built {
  readonly release: Release;
  readonly evidence: readonly Evidence[];
}

/** A request that was answered without a deployment of its own. */
export interface Settled {
  readonly requestId: string;
  readonly answer: TargetAnswer;
}

/** A deployment under way, and what people want of it meanwhile: what a target hands to its next run. */
export interface Underway extends OpenDeployment {
  readonly back?: GoBack;
  readonly rollbacks: readonly RollbackRequest[];
}

/** Argument of workflow type `target`; all but its name is what a continued run hands to itself. Who waits is in the store. */
export interface TargetInput extends TargetRef {
  readonly settled?: readonly Settled[];
  readonly running?: Underway;
  /** Rollbacks that come next. */
  readonly rollbacks?: readonly RollbackRequest[];
}

/** A deployment that the store knows as started and not ended. */
export interface OpenDeployment {
  readonly id: string;
  readonly requestId: string;
  readonly kind: DeploymentKind;
  readonly run?: string;
}

/** A request is no longer wanted; what runs of it goes back. */
export interface Withdrawal {
  readonly requestId: string;
  readonly goBack: GoBack;
}

/** Why a deployment is to be: a pipeline's request, a person's rollback, or a deployment that ended without an outcome. */
export type Cause =
  | { readonly kind: 'deploy'; readonly request: DeployRequest }
  | { readonly kind: 'rollback'; readonly request: RollbackRequest }
  | { readonly kind: 'recover'; readonly lost: string };

/**
 * What the target's admission resolved; the deployment goes by this and nothing else.
 * Argument of workflow type `deployment`.
 */
export interface DeploymentInput extends TargetRef {
  readonly id: string;
  readonly kind: DeploymentKind;
  readonly requestId: string;
  readonly requestedBy: Person;
  readonly run?: string;
  readonly release: Release;
  readonly plan: DeploymentPlan;
  /** What serves now, and where the traffic goes back to. */
  readonly replaces?: Live;
  readonly candidate: Slot;
  readonly host?: string;
  /** One of two routers that the policy said is gone when this was admitted: what it has of the target stays as it is. */
  readonly leftBehind?: string;
  /** What deployments that a rollback takes back may have turned on; absent: nothing. */
  readonly leftOn?: readonly LeftOn[];
}

/** Signal argument: stop going forward and undo. */
export interface GoBack {
  readonly why: 'rollback' | 'abort';
  readonly by: Person;
  readonly reason: string;
  /** How users go back; absent: as the plan says. Who aborts has them all back at once. */
  readonly pace?: Pace;
}
