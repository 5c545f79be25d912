import { refuseChange } from '../src/domain/adapters.js';
import { deploymentIn } from '../src/domain/environments.js';
import type { Configuration, DeploymentPlan, Plan } from '../src/domain/plan.js';
import { barredFrom } from '../src/domain/policy.js';
import type { Digest } from '../src/domain/release.js';
import type { RunRow } from '../src/domain/store.js';
import type { Statement } from '../src/domain/statement.js';
import { markOn, type DeployRequest, type TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import { digestOf } from '../src/hash.js';
import type { ControlDeps } from './deps.js';
import { presentDecision, settingsAsked } from './decision.js';
import { refuseOutOfOrder } from './in-order.js';
import { refuseOutdated } from './outdated.js';
import { policyOf } from './policy.js';
import { refuseUnrecorded } from './required-evidence.js';
import { releaseDigest } from './release-digest.js';
import { livePlan } from './serving-plan.js';
import { resolved } from './resolved.js';
import { messageOf } from './statements.js';
import { isRunning } from './until-ended.js';

type Deps = Pick<ControlDeps, 'store' | 'policy' | 'client' | 'artifacts' | 'secrets' | 'strategies'>;

/** A request whose run stands: with the versions of its secrets, and the steps of a strategy of one's own, as they are now. */
interface Standing {
  readonly run: RunRow;
  readonly plan: DeploymentPlan;
}

/**
 * A request may be forged by whoever can send a message: what its run was admitted with counts, and statements only if they were
 * verified by that run. Answers the run. Fails with `request.mismatch`, `request.abandoned`, `release.held`, `target.adapters`,
 * `release.taken_back`, `run.outdated`, `secret.missing`, `evidence.missing`, `approval.missing`, `decision.changed`, `decision.outdated`, `policy.unknown_environment`,
 * `strategy.unknown`, `strategy.invalid`.
 */
export async function verifyRequest(
  deps: Deps,
  request: DeployRequest,
  state: TargetState,
): Promise<Standing> {
  const standing = await verifyStanding(deps, request, state);
  await verifyApproval(deps, standing, request, state);
  return standing;
}

/** The same without its approval: whether it would be refused whoever approves. */
export async function verifyStanding(
  deps: Deps,
  request: DeployRequest,
  state: TargetState,
): Promise<Standing> {
  const run = await deps.store.runs.find(request.pipeline);
  const other = run === undefined ? 'its run, which was never admitted,' : differing(run, request);
  if (run === undefined || other !== undefined)
    throw new ShipwayError(
      'request.mismatch',
      `${other ?? ''} is not what ${request.pipeline} was admitted with`,
    );
  if (!(await isRunning(deps.client, request.pipeline)))
    throw new ShipwayError('request.abandoned', 'its run has ended');
  const { service, environment, release } = request;
  const about = { service, environment, version: release.version, commit: release.commit };
  const plan = await resolved(deps, about, request.plan, state.live);
  refuseHeld(request.release, run.plan, plan.configuration, state);
  await refuseOtherAdapters(deps, request, state);
  await refuseOutOfOrder(deps, run.plan, request);
  await refuseOutdated(deps, request.release, state);
  return { run, plan };
}

/** A target keeps its provider and its router while something is live. Fails with `target.adapters`, `policy.unknown_environment`. */
async function refuseOtherAdapters(
  { store, policy }: Pick<Deps, 'store' | 'policy'>,
  { plan, environment }: DeployRequest,
  state: TargetState,
): Promise<void> {
  const served = await livePlan({ store }, state);
  if (served === undefined || refuseChange(served, plan) === undefined) return;
  const why = refuseChange(served, plan, (await policyOf(policy, environment)).goneRouters);
  if (why !== undefined) throw new ShipwayError('target.adapters', why);
}

/** Rules rolled it back from this target, and its plan does not say why it is shipped all the same. Fails with `release.held`. */
export function refuseHeld(
  { digest, version }: { readonly digest: Digest; readonly version: string },
  { despiteHold }: Pick<Plan, 'despiteHold'>,
  configuration: Configuration,
  { holdMarks }: TargetState,
): void {
  const held = markOn(holdMarks, digest, configuration);
  if (held !== undefined && despiteHold === undefined)
    throw new ShipwayError(
      'release.held',
      `${version} was rolled back from here by ${held.deployment}: ${held.reason}`,
    );
}

/** The first thing in a request that is not its run's. */
function differing({ run, plan, planHash, requestedBy }: RunRow, request: DeployRequest): string | undefined {
  const { release } = request;
  const same: readonly (readonly [string, unknown, unknown])[] = [
    ['its run', request.run, run],
    ['its service', request.service, plan.service],
    ['its plan', request.planHash, planHash],
    [
      'its deployment plan',
      digestOf(request.plan),
      digestOf(deploymentIn(plan, request.environment) ?? 'none'),
    ],
    ['who asked for it', request.requestedBy, requestedBy],
    ['its author', request.author, plan.author],
    ['the release’s service', release.service, plan.service],
    ['the release’s version', release.version, plan.version],
    ['the release’s commit', release.commit, plan.commit],
    ['the release of its plan', release.digest, plan.release ?? release.digest],
    ['the release', release.digest, releaseDigest(plan.service, release.artifacts)],
  ];
  return same.find(([, is, was]) => is !== was)?.[0];
}

async function verifyApproval(
  deps: Deps,
  { run: { plan, planHash, requestedBy }, plan: deployment }: Standing,
  { environment, release, evidence, approval, pipeline }: DeployRequest,
  state: TargetState,
): Promise<void> {
  const rules = (await policyOf(deps.policy, environment)).approvals;
  await refuseUnrecorded(deps, rules, { environment, release, evidence });
  if (rules.requiredApprovals === 0) return;
  const settings = await settingsAsked(deps, deployment, state);
  const decision = presentDecision(
    { planHash, environment, release, evidence, ...settings },
    state.live,
    rules,
  );
  if (approval !== undefined && approval.decision !== decision)
    throw new ShipwayError(
      rules.onBaseChanged === 'fail' ? 'decision.outdated' : 'decision.changed',
      `approved was ${approval.decision.slice(0, 12)}, now it would be ${decision.slice(0, 12)}`,
    );
  const barred = barredFrom(rules, requestedBy, plan);
  const counted = (approval?.statements ?? []).filter(
    (s) => s.verb === 'approve' && s.on === decision && !barred.includes(s.person),
  );
  const verified = await Promise.all(
    counted.map(async (s) => ((await wasVerified(deps, s, pipeline)) ? [s.person] : [])),
  );
  const persons = new Set(verified.flat()).size;
  if (persons < rules.requiredApprovals)
    throw new ShipwayError(
      'approval.missing',
      `${environment} asks for ${String(rules.requiredApprovals)} approvals, the request carries ${String(persons)}`,
    );
}

/** A statement was verified where its nonce was claimed; once in time is in time for good. */
export const wasVerified = (
  { store }: Pick<Deps, 'store'>,
  statement: Statement,
  by: string,
): Promise<boolean> => store.nonces.has(statement.nonce, by, messageOf(statement));
