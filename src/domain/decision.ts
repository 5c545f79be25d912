import type { ApprovalPolicy } from './policy.js';
import type { Digest, Evidence } from './release.js';
import type { SecretReference } from './secrets.js';
import type { StrategyStep } from './strategy.js';

/** What is asked of the settings of a deployment. */
export interface AskedSettings {
  /** By variable, the very versions that it gets; absent: it has no secrets. */
  readonly secrets?: Readonly<Record<string, SecretReference>> | undefined;
  /** In what it differs from what serves, as it is shown; absent: in nothing, or nothing serves. */
  readonly changes?: readonly string[] | undefined;
  /** Of a strategy of one's own, as it was asked; absent: it is none, or nothing serves. */
  readonly steps?: readonly StrategyStep[] | undefined;
}

/** Everything that a person approves when they approve. A change in any of it is another decision. */
export interface Decision extends AskedSettings {
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
export interface DecidedOn extends AskedSettings {
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
