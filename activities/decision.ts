import { decisionFor } from '../src/domain/decision.js';
import type { ApprovalPolicy } from '../src/domain/policy.js';
import type { Digest, Evidence, Release } from '../src/domain/release.js';
import type { Live } from '../src/domain/target.js';
import { digestOf } from '../src/hash.js';

/** What is to be approved, as the gate asks it and as admission looks at it again. */
export interface ToApprove {
  readonly planHash: Digest;
  readonly environment: string;
  readonly release: Pick<Release, 'digest'>;
  readonly evidence: readonly Evidence[];
}

/** The decision as it stands with this live release and these rules. */
export const presentDecision = (
  { planHash, environment, release, evidence }: ToApprove,
  live: Live | undefined,
  policy: ApprovalPolicy,
): Digest =>
  digestOf(
    decisionFor({
      ...{ plan: planHash, environment, release: release.digest, evidence, policy },
      replaces: live?.release.digest,
    }),
  );
