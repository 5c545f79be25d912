import type { ApprovalPolicy } from './policy.js';
import type { Digest, Evidence } from './release.js';

/** Everything that a person approves when they approve. A change in any of it is another decision. */
export interface Decision {
  readonly plan: Digest;
  readonly release: Digest;
  readonly evidence: readonly Digest[];
  readonly migrations: readonly Digest[];
  /** The live release it replaces, or `none`. */
  readonly replaces: Digest;
  readonly policy: ApprovalPolicy;
}

export function decisionFor(
  planHash: Digest,
  release: Digest,
  evidence: readonly Evidence[],
  replaces: Digest | undefined,
  policy: ApprovalPolicy,
): Decision {
  return {
    plan: planHash,
    release,
    evidence: evidence.map((e) => e.digest).sort(),
    migrations: [],
    replaces: replaces ?? 'none',
    policy,
  };
}
