import type { ApprovalPolicy } from './policy.js';
import type { Digest, Evidence } from './release.js';

/** Everything that a person approves when they approve. A change in any of it is another decision. */
export interface Decision {
  readonly plan: Digest;
  /** Of those that the plan leads through. */
  readonly environment: string;
  readonly release: Digest;
  readonly evidence: readonly Digest[];
  readonly migrations: readonly Digest[];
  /** The live release it replaces, or `none`. */
  readonly replaces: Digest;
  readonly policy: ApprovalPolicy;
}

/** What a decision is made of, as it stands now. */
export interface DecidedOn {
  readonly plan: Digest;
  readonly environment: string;
  readonly release: Digest;
  readonly evidence: readonly Evidence[];
  readonly replaces: Digest | undefined;
  readonly policy: ApprovalPolicy;
}

export const decisionFor = ({ evidence, replaces, ...same }: DecidedOn): Decision => ({
  ...same,
  evidence: evidence.map((e) => e.digest).sort(),
  migrations: [],
  replaces: replaces ?? 'none',
});
