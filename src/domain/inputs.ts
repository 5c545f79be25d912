import type { Plan } from './plan.js';
import type { Digest, Release } from './release.js';
import type { Person, Statement } from './statement.js';
import type { DeployRequest, Live, RollbackRequest, TargetState, Slot } from './target.js';
import type { TargetRef } from './ids.js';
import type { DeploymentKind } from './store.js';

/** Argument of workflow type `pipeline`. */
export interface PipelineInput {
  readonly run: string;
  readonly plan: Plan;
  readonly planHash: Digest;
  /** The uploaded source: a git bundle in the artifact store. */
  readonly source: Digest;
  readonly requestedBy: Person;
  /** Verb `run`, on the plan hash. */
  readonly statement: Statement;
}

/** Argument of workflow type `target`; `carried` is what a continued run hands to itself. */
export interface TargetInput extends TargetRef {
  readonly carried?: TargetCarried;
}
export interface TargetCarried {
  readonly queue: readonly DeployRequest[];
}

/** Argument of workflow type `deployment`. */
export interface DeploymentInput extends TargetRef {
  readonly n: number;
  readonly kind: DeploymentKind;
  readonly request: DeployRequest | RecoveryRequest;
}
/** A rollback of an idle target, or putting right what a lost deployment left. */
export interface RecoveryRequest extends TargetRef {
  readonly requestId: string;
  readonly requestedBy: Person;
  readonly reason: string;
  readonly statement?: Statement;
  readonly rollback?: RollbackRequest;
}

/** What admission resolved: the workflow goes by this and nothing else. */
export interface Admission {
  readonly release: Release;
  readonly replaces?: Live;
  readonly candidate: Slot;
  readonly stable?: Slot;
  readonly host?: string;
  readonly state: TargetState;
}

/** Signal argument: stop going forward and undo. */
export interface GoBack {
  readonly why: 'rollback' | 'abort';
  readonly by: Person;
  readonly reason: string;
}
