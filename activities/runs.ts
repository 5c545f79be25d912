import type { AuditEntry } from '../src/domain/audit.js';
import { decisionFor } from '../src/domain/decision.js';
import type { GateState, Question } from '../src/domain/gate.js';
import type { Admitted, Built, PipelineInput } from '../src/domain/inputs.js';
import type { Outcome } from '../src/domain/outcome.js';
import { beginsWithSource, type Plan } from '../src/domain/plan.js';
import { barredFrom } from '../src/domain/policy.js';
import type { ArtifactRef, Digest, Evidence, Release } from '../src/domain/release.js';
import { ShipwayError } from '../src/errors.js';
import { digestOf } from '../src/hash.js';
import { Context } from '@temporalio/activity';
import { entry, type Subject, self } from './audit.js';
import { builtFor } from './built.js';
import type { ControlDeps } from './deps.js';
import { refuseOutdated } from './outdated.js';
import { policyOf } from './policy.js';
import { refuseHeld } from './request-checks.js';
import { releaseDigest } from './release-digest.js';
import { USED, acceptedEntry, messageOf, refusedEntry, unfit } from './statements.js';

type Deps = Pick<ControlDeps, 'store' | 'policy' | 'artifacts' | 'announce'>;
const subjectOf = (plan: Plan): Subject => ({
  service: plan.service,
  environment: plan.environment,
  version: plan.version,
});

/**
 * Takes a run in: the plan is the one that was hashed, the policy knows the environment, the person's statement counts. What was taken
 * in is what admission believes later. A release of an earlier run is told with all that is known of it. Repeating it is once.
 * Fails with `plan.mismatch`, `policy.unknown_environment`, `statement.refused`, `run.outdated`, `release.unknown`, `release.held`.
 */
export const admitRun =
  (deps: Deps) =>
  async (input: PipelineInput): Promise<Admitted> => {
    const { plan, planHash, statement } = input;
    const subject = subjectOf(plan);
    const hash = digestOf(plan);
    if (hash !== planHash)
      throw new ShipwayError('plan.mismatch', `the plan has hash ${hash}, it was sent as ${planHash}`);
    const rules = await policyOf(deps.policy, plan.environment);
    const asksForThis =
      statement.verb === 'run' && statement.on === planHash && statement.person === input.requestedBy;
    if (!asksForThis) throw new ShipwayError('statement.refused', 'the statement does not ask for this run');
    const target = plan.stages.some((s) => s.kind === 'deploy')
      ? await deps.store.targets.load(plan)
      : undefined;
    if (target !== undefined) await refuseOutdated(deps, plan, target);
    const built = await builtFor(deps, plan);
    // Nobody is asked to approve what the target would not take.
    if (built !== undefined && target !== undefined) refuseHeld(built.release, target);
    const why = unfit(statement) ?? (await taken(deps.store, input, built));
    if (why === undefined) {
      if (built !== undefined) await deps.store.releases.save(built.release, input.run, built.evidence);
      if (plan.stages.some(beginsWithSource)) deps.announce?.(plan.commit);
      return { identity: rules.identity, ...(built === undefined ? {} : { built }) };
    }
    await deps.store.audit.append([refusedEntry(subject, statement, why)]);
    throw new ShipwayError('statement.refused', why);
  };

/** Tried in two ways it is one entry. */
const reusedEntry = (plan: Plan, run: string, { digest, commit }: Release): AuditEntry => {
  const { runId = '' } = Context.current().info.workflowExecution ?? {};
  const key = `${self()}/${runId}/release.reused`;
  return entry(subjectOf(plan), 'release.reused', { digest, commit, run }, { key });
};

async function taken(
  store: Deps['store'],
  input: PipelineInput,
  built: Built | undefined,
): Promise<string | undefined> {
  const { run, plan, planHash, statement, ancestors } = input;
  const pipeline = self();
  const admitted = await store.runs.admit({
    run: {
      pipeline,
      run,
      plan,
      planHash,
      requestedBy: statement.person,
      ...(ancestors === undefined ? {} : { ancestors }),
    },
    nonce: statement.nonce,
    message: messageOf(statement),
    entries: [
      acceptedEntry(subjectOf(plan), statement),
      ...(built === undefined ? [] : [reusedEntry(plan, run, built.release)]),
    ],
  });
  return admitted ? undefined : USED;
}

/** Makes the release of what the stages left: its digest is that of the list of its artifacts. Same artifacts, same release. */
export const recordRelease =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: {
    plan: Plan;
    run: string;
    artifacts: readonly ArtifactRef[];
    evidence: readonly Evidence[];
  }): Promise<Release> => {
    const { plan, artifacts } = input;
    if (artifacts.length === 0)
      throw new ShipwayError(
        'stage.artifact_missing',
        'no stage before the deployment declares artifacts, so there is nothing to deploy',
      );
    const { service, version, commit } = plan;
    const digest = releaseDigest(service, artifacts);
    const release: Release = { service, version, commit, digest, artifacts };
    await store.releases.save(release, input.run, input.evidence);
    await store.audit.append([
      entry(subjectOf(plan), 'release.recorded', { digest, commit, run: input.run }),
    ]);
    return release;
  };

export interface OpenGateInput {
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly release: Release;
  readonly evidence: readonly Evidence[];
  readonly requestedBy: string;
  readonly run: string;
}

/**
 * The approval gate as the policy has it now, for the decision as it stands now; where the policy asks nobody, it is closed already.
 * When it expires is the workflow's clock's business.
 */
export const openGate =
  ({ store, policy }: Deps) =>
  async ({
    plan,
    planHash,
    release,
    evidence,
    requestedBy,
    run,
  }: OpenGateInput): Promise<{ gate: GateState; expiresAfterMs: number }> => {
    const rules = (await policyOf(policy, plan.environment)).approvals;
    const live = (await store.targets.load(plan))?.live;
    const decision = digestOf(decisionFor(planHash, release.digest, evidence, live?.release.digest, rules));
    const gate: GateState = {
      id: `${run}/${decision.slice(0, 12)}`,
      question: 'approval',
      title: `${plan.service} ${plan.version} → ${plan.environment}, replaces ${live?.release.version ?? 'nothing'}`,
      decision,
      required: rules.requiredApprovals,
      barred: barredFrom(rules, requestedBy, plan.author),
      answers: [],
      verdict: rules.requiredApprovals === 0 ? 'approved' : 'open',
    };
    const { question, required } = gate;
    await store.audit.append([
      entry(subjectOf(plan), 'gate.opened', { question, decision, required, run }),
      ...(gate.verdict === 'open' ? [] : [closing(subjectOf(plan), gate)]),
    ]);
    return { gate, expiresAfterMs: rules.expiresAfterMs };
  };

/** A question to whoever looks after the deployment; it waits until it is answered. */
export const openQuestion =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: Subject & { readonly question: Question; readonly title: string }): Promise<GateState> => {
    const { workflowExecution, activityId } = Context.current().info;
    const decision = digestOf({ workflow: workflowExecution?.workflowId, activityId, title: input.title });
    await store.audit.append([
      entry(input, 'gate.opened', { question: input.question, decision, title: input.title }),
    ]);
    return {
      id: decision.slice(0, 12),
      question: input.question,
      title: input.title,
      decision,
      required: 1,
      barred: [],
      answers: [],
      verdict: 'open',
    };
  };

export const closeGate =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async ({ gate, ...subject }: Subject & { readonly gate: GateState }): Promise<void> => {
    await store.audit.append([closing(subject, gate)]);
  };

const closing = (subject: Subject, { question, decision, verdict, answers }: GateState): AuditEntry =>
  entry(subject, 'gate.closed', {
    question,
    decision,
    verdict,
    by: answers.map((a) => `${a.verb} ${a.person}`),
  });

/** Its key is of the run, not of the activity: tried in two ways it is one entry. */
export const finishRun =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: {
    plan: Plan;
    planHash: Digest;
    run: string;
    outcome: Outcome;
    reason: string;
  }): Promise<void> => {
    const { run, outcome, reason, planHash, plan } = input;
    const { workflowId = '', runId = '' } = Context.current().info.workflowExecution ?? {};
    await store.audit.append([
      entry(
        subjectOf(plan),
        'run.finished',
        { run, outcome, reason, plan: planHash },
        { key: `${workflowId}/${runId}/run.finished` },
      ),
    ]);
  };
