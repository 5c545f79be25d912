import { deploymentIn, environmentsOf } from '../src/domain/environments.js';
import { lackingEvidence } from '../src/domain/evidence.js';
import { unseenBy } from '../src/domain/graph.js';
import type { Plan, StagePlan } from '../src/domain/plan.js';
import { isRequired, type ApprovalPolicy, type RequiredEvidence } from '../src/domain/policy.js';
import type { Evidence, Release } from '../src/domain/release.js';
import { evidenceOf } from '../src/domain/releases.js';
import type { DeployRequest } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';
import { policyOf } from './policy.js';

/** Nobody is asked about a release, and none is admitted, that lacks evidence which the policy requires. Fails with `evidence.missing`. */
export function refuseLacking(
  { requires }: ApprovalPolicy,
  environment: string,
  { version, digest }: Pick<Release, 'version' | 'digest'>,
  evidence: readonly Evidence[],
): void {
  const lacking = lackingEvidence(requires, evidence, ({ of }) => of === digest);
  if (lacking === undefined) return;
  throw new ShipwayError(
    'evidence.missing',
    `${environment} asks for ${(requires ?? []).join(' and ')}, and of ${version} (release ${digest.slice(0, 12)}): ${lacking}`,
  );
}

/**
 * Whoever can send a message may say anything, and leave out anything: of what a request says, what the store knows of the release counts,
 * and so does all else that the store knows of it. Fails with `evidence.missing`.
 */
export async function refuseUnrecorded(
  { store }: Pick<ControlDeps, 'store'>,
  rules: ApprovalPolicy,
  { environment, release, evidence }: Pick<DeployRequest, 'environment' | 'release' | 'evidence'>,
): Promise<void> {
  if (rules.requires === undefined) return;
  const { service, digest } = release;
  const recorded = evidenceOf(await store.releases.list({ service, digest }));
  const said = evidence.filter((e) =>
    recorded.some(
      (o) =>
        o.digest === e.digest &&
        o.kind === e.kind &&
        o.uses === e.uses &&
        o.stage === e.stage &&
        o.verdict === e.verdict &&
        o.of === e.of,
    ),
  );
  for (const known of [said, recorded]) refuseLacking(rules, environment, release, known);
}

/** What can be seen before anything runs: no stage of the plan would make what a policy requires, and nothing has made it before. Fails with `evidence.missing`. */
export async function refuseUnproved(
  { policy }: Pick<ControlDeps, 'policy'>,
  plan: Plan,
  known: readonly Evidence[],
): Promise<void> {
  for (const environment of environmentsOf(plan).filter((e) => deploymentIn(plan, e) !== undefined)) {
    const { requires = [] } = (await policyOf(policy, environment)).approvals;
    const open = requires.filter(
      (required) => !plan.stages.some((s) => makes(s, required) && unseenBy(plan, s.name) === undefined),
    );
    const lacking = lackingEvidence(open, known, ({ of, stage }) =>
      plan.release === undefined
        ? of !== undefined && unseenBy(plan, stage) === undefined
        : of === plan.release,
    );
    if (lacking === undefined) continue;
    const why =
      open.flatMap((required) => tooEarly(plan, required)).join('; ') || 'which no stage of this run makes';
    throw new ShipwayError(
      'evidence.missing',
      `${environment} asks for ${open.join(' and ')}, ${why}, and of what was built before: ${lacking}`,
    );
  }
}

/** Why a stage that makes it does not count. */
const tooEarly = (plan: Plan, required: RequiredEvidence): readonly string[] =>
  plan.stages
    .filter((stage) => runs(stage, required))
    .map((stage) =>
      makes(stage, required)
        ? `and ${stage.name} does not wait for ${unseenBy(plan, stage.name) ?? ''}, which leaves part of what is deployed`
        : `and ${stage.name} does not say \`evidence: true\``,
    );

const makes = (stage: StagePlan, required: RequiredEvidence): boolean =>
  runs(stage, required) && (stage.kind !== 'own' || stage.evidence);
const runs = (stage: StagePlan, required: RequiredEvidence): boolean =>
  stage.skipped === undefined && stage.reused === undefined && isRequired(required, stage);
