import type { TargetRef } from './ids.js';
import type { Digest } from './release.js';
import type { Statement } from './statement.js';
import type { DeploymentKind } from './store.js';
import type { Slot } from './target.js';

/** Leave to have effects, given by the activity that admitted a deployment. */
export interface Permit {
  /** Workflow id of the deployment. */
  readonly deployment: string;
  readonly target: TargetRef;
  readonly decision?: Digest;
  readonly statements: readonly Statement[];
  readonly planHash: Digest;
  readonly covers: Covered;
  readonly grantedAt: string;
  /** Closed when the deployment ended: no effect after that. */
  readonly closedAt?: string;
}

/** What a permit is for: a workflow of its name that does anything else has none. Digests of the canonical values. */
export interface Covered {
  /** A rollback is not watched, so that what was admitted to deploy must not say that it is one. */
  readonly kind: DeploymentKind;
  readonly release: Digest;
  readonly plan: Digest;
  readonly configuration: Digest;
  readonly candidate: Slot;
  readonly stable?: Slot;
  /** Of what it replaces, and goes back to. */
  readonly replaces?: Digest;
  /** Of the flags that it turns off. */
  readonly leftOn?: Digest;
}
