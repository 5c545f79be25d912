import { changesOf } from '../src/domain/changes.js';
import { decisionFor, type AskedSettings } from '../src/domain/decision.js';
import type { DeploymentPlan } from '../src/domain/plan.js';
import type { ApprovalPolicy } from '../src/domain/policy.js';
import type { Digest, Evidence, Release } from '../src/domain/release.js';
import type { Live } from '../src/domain/target.js';
import { digestOf } from '../src/hash.js';
import type { ControlDeps } from './deps.js';
import { livePlan, type Serving } from './serving-plan.js';

/** What is to be approved, as the gate asks it and as admission looks at it again. */
export interface ToApprove extends AskedSettings {
  readonly planHash: Digest;
  readonly environment: string;
  readonly release: Pick<Release, 'digest'>;
  readonly evidence: readonly Evidence[];
}

/** The decision as it stands with this live release and these rules. */
export const presentDecision = (
  { planHash, environment, release, evidence, secrets, changes, steps }: ToApprove,
  live: Live | undefined,
  policy: ApprovalPolicy,
): Digest =>
  digestOf(
    decisionFor({
      ...{ plan: planHash, environment, release: release.digest, evidence, policy },
      ...{ replaces: live?.release.digest, secrets, changes, steps },
    }),
  );

/** What a deployment changes of the settings of what serves, with the versions of its secrets: what an approver is to see and to bind. */
export async function settingsAsked(
  { store }: Pick<ControlDeps, 'store'>,
  plan: DeploymentPlan,
  state: Serving,
): Promise<AskedSettings> {
  const { live } = state;
  const before = await livePlan({ store }, state);
  const changes = live === undefined ? [] : changesOf({ ...before, configuration: live.configuration }, plan);
  const { strategy, configuration } = plan;
  return {
    secrets: configuration.secrets,
    changes: changes.length === 0 ? undefined : changes,
    steps: strategy.kind === 'own' ? strategy.steps : undefined,
  };
}
