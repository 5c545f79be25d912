import type { AuditEntry } from '../src/domain/audit.js';
import { deploymentIn, environmentsOf } from '../src/domain/environments.js';
import { GRAPH } from '../src/domain/graph.js';
import type { Admitted, Built, PipelineInput } from '../src/domain/inputs.js';
import type { Ended } from '../src/domain/outcome.js';
import { MOST_STAGES, beginsWithSource, type DeploymentPlan, type Plan } from '../src/domain/plan.js';
import type { ArtifactRef, Digest, Evidence, Release } from '../src/domain/release.js';
import type { Passed } from '../src/domain/retry.js';
import { MOST_REASON } from '../src/domain/statement.js';
import type { TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import { digestOf } from '../src/hash.js';
import { Context } from '@temporalio/activity';
import { entry, self, subjectOf } from './audit.js';
import { builtFor } from './built.js';
import type { ControlDeps } from './deps.js';
import { keptFor } from './kept.js';
import { refuseOutdated } from './outdated.js';
import { policyOf, refuseUnheard } from './policy.js';
import { refuseUnproved } from './required-evidence.js';
import { refuseHeld } from './request-checks.js';
import { releaseDigest } from './release-digest.js';
import { resolved } from './resolved.js';
import { USED, acceptedEntry, messageOf, refusedEntry, unfit } from './statements.js';

type Deps = Pick<ControlDeps, 'store' | 'policy' | 'artifacts' | 'secrets' | 'strategies' | 'announce'>;
/**
 * Takes a run in: the plan is the one that was hashed, the policy knows the environment, the person's statement counts. What was taken
 * in is what admission believes later. A release of an earlier run is told with all that is known of it. Repeating it is once.
 * Fails with `plan.mismatch`, `policy.unknown_environment`, `policy.unknown_channel`, `policy.refused`, `statement.refused`, `secret.missing`, `run.outdated`,
 * `release.unknown`, `source.invalid`, `retry.impossible`, `release.held`, `evidence.missing`, `strategy.unknown`, `strategy.invalid`.
 */
export const admitRun =
  (given: Deps) =>
  async (input: PipelineInput): Promise<Admitted> => {
    const { plan, planHash, statement } = input;
    const subject = subjectOf(plan);
    const hash = digestOf(plan);
    if (hash !== planHash)
      throw new ShipwayError('plan.mismatch', `the plan has hash ${hash}, it was sent as ${planHash}`);
    const wrong = unreadable(plan);
    if (wrong !== undefined) throw new ShipwayError('plan.mismatch', wrong);
    const deps = underOnePolicy(given);
    for (const environment of plan.through ?? []) await policyOf(deps.policy, environment);
    const { identity } = await policyOf(deps.policy, plan.environment);
    await refuseUnheard(deps.policy, plan);
    const asksForThis =
      statement.verb === 'run' && statement.on === planHash && statement.person === input.requestedBy;
    if (!asksForThis) throw new ShipwayError('statement.refused', 'the statement does not ask for this run');
    const targets = await targetsOf(deps, plan);
    for (const target of targets) await refuseOutdated(deps, plan, target);
    const deployments = await deploymentsOf(deps, plan, targets);
    // Nobody is asked to approve what a target would not take, nor told to build anew what rules sent back.
    if (plan.release !== undefined)
      for (const target of targets) {
        const deployment = deployments.get(target.environment);
        const asked = { digest: plan.release, version: plan.version };
        if (deployment !== undefined) refuseHeld(asked, plan, deployment.configuration, target);
      }
    const built = await builtFor(deps, plan);
    if (plan.stages.some(beginsWithSource) && !(await deps.artifacts.has(input.source)))
      throw new ShipwayError('source.invalid', 'the source of the run is not kept, or not any more');
    const kept = await keptFor(deps, plan);
    await refuseUnproved(deps, plan, (built ?? kept)?.evidence ?? []);
    const why = unfit(statement) ?? (await taken(deps.store, input, built));
    if (why === undefined) {
      if (built !== undefined) await deps.store.releases.save(built.release, input.run, built.evidence);
      if (plan.stages.some(beginsWithSource)) deps.announce?.(plan.commit);
      return { identity, ...(built && { built }), ...(kept && { kept }) };
    }
    await deps.store.audit.append([refusedEntry(subject, statement, why)]);
    throw new ShipwayError('statement.refused', why);
  };

/** All of one decision is by the same rules, also when others are published meanwhile. */
function underOnePolicy<D extends Pick<Deps, 'policy'>>(deps: D): D {
  let rules: ReturnType<Deps['policy']> | undefined;
  return { ...deps, policy: () => (rules ??= deps.policy()) };
}

/** What a plan says that this version does not know, or that no client of it says. */
function unreadable({ schema, despiteHold, stages }: Plan): string | undefined {
  if (!KNOWN.includes(schema))
    return `the plan has form ${String(schema)}, this worker knows ${KNOWN.join(', ')}`;
  const reason: unknown = despiteHold;
  const said = typeof reason === 'string' && reason.trim() !== '' && reason.length <= MOST_REASON;
  if (reason !== undefined && !said) return 'the plan overrides holds and says no reason';
  if (stages.length > MOST_STAGES)
    return `the plan has ${String(stages.length)} stages, and ${String(MOST_STAGES)} are the most`;
  const twice = stages.find(({ name }, i) => stages.findIndex((s) => s.name === name) < i);
  if (twice !== undefined) return `the plan has two stages ${twice.name}`;
  const lost = stages.find((s, i) =>
    s.needs.some((need) => !stages.slice(0, i).some((b) => b.name === need)),
  );
  if (lost !== undefined && schema >= GRAPH) return `what ${lost.name} needs does not come before it`;
  const skipped = stages.find((s) => s.kind === 'deploy' && s.skipped !== undefined);
  return skipped === undefined ? undefined : `the plan skips ${skipped.name}`;
}

/** How each environment is deployed to: nothing is built for one whose secrets, or whose strategy, are not there. */
async function deploymentsOf(
  deps: Deps,
  plan: Plan,
  targets: readonly TargetState[],
): Promise<ReadonlyMap<string, DeploymentPlan>> {
  const found = new Map<string, DeploymentPlan>();
  for (const environment of environmentsOf(plan)) {
    const deployment = deploymentIn(plan, environment);
    if (deployment === undefined) continue;
    const { live } = targets.find((target) => target.environment === environment) ?? {};
    found.set(environment, await resolved(deps, { ...plan, environment }, deployment, live));
  }
  return found;
}
const KNOWN: readonly number[] = [1, 2, GRAPH];

/** What is recorded of the targets that a plan deploys to; of one that nothing was deployed to, nothing is. */
async function targetsOf({ store }: Pick<Deps, 'store'>, plan: Plan): Promise<readonly TargetState[]> {
  const { service } = plan;
  const deployed = environmentsOf(plan).filter((e) => deploymentIn(plan, e) !== undefined);
  const states = await Promise.all(
    deployed.map((environment) => store.targets.load({ service, environment })),
  );
  return states.filter((state) => state !== undefined);
}

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
  const { run, plan, planHash, source, statement, ancestors } = input;
  const pipeline = self();
  const admitted = await store.runs.admit({
    run: {
      pipeline,
      run,
      plan,
      planHash,
      source,
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
      entry(subjectOf(plan), 'release.recorded', {
        ...{ digest, commit, run: input.run },
        ...(input.evidence.length === 0 ? {} : { evidence: told(input.evidence) }),
      }),
    ]);
    return release;
  };

/** Adds what a run has found out about a release that was built before it. Repeating it is once. */
export const recordEvidence =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: {
    plan: Plan;
    run: string;
    release: Release;
    evidence: readonly Evidence[];
  }): Promise<void> => {
    const { plan, run, release, evidence } = input;
    await store.releases.save(release, run, evidence);
    await store.audit.append([
      entry(subjectOf(plan), 'release.evidence', { digest: release.digest, run, evidence: told(evidence) }),
    ]);
  };

const told = (evidence: readonly Evidence[]): readonly string[] => evidence.map(({ digest }) => digest);

export interface FinishedRun extends Ended {
  readonly plan: Plan;
  /** Where it ended, of those that the plan leads through; absent: the last. */
  readonly environment?: string;
  readonly planHash: Digest;
  readonly run: string;
  /** What stands of a run that did not ship, for who tries it again. */
  readonly passed?: readonly Passed[];
  /** What its stages have found that did not pass. */
  readonly evidence?: readonly Evidence[];
}

/** Its key is of the run, not of the activity: tried in two ways it is one entry. */
export const finishRun =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: FinishedRun): Promise<void> => {
    const { run, outcome, reason, failure, planHash, plan, environment, passed, evidence } = input;
    const { workflowId = '', runId = '' } = Context.current().info.workflowExecution ?? {};
    if (passed !== undefined || evidence !== undefined)
      await store.runs.finish(workflowId, {
        ...{ outcome, passed: passed ?? [] },
        ...(evidence === undefined ? {} : { evidence }),
      });
    await store.audit.append([
      entry(
        subjectOf(plan, environment),
        'run.finished',
        { run, outcome, reason, plan: planHash, ...(failure === undefined ? {} : { failure }) },
        { key: `${workflowId}/${runId}/run.finished` },
      ),
    ]);
  };
