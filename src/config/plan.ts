import { isNewInForm3, type DeploymentPlan, type Plan, type StagePlan } from '../domain/plan.js';
import { GRAPH, inARow } from '../domain/graph.js';
import { isTagOf } from '../domain/ids.js';
import type { Reuse } from '../domain/reuse.js';
import { UsageError } from '../errors.js';
import type { GitFacts } from './git.js';
import { alternative } from './alternative.js';
import type { ServiceConfig } from './service.js';
import type { Only } from './stage-fields.js';
import type { StageConfig } from './stages.js';
import { ownFrom, placed, wayOf } from './way.js';

/** The branches that any `only` of the configuration names: what the git facts must tell about. */
export const branchesOf = (config: ServiceConfig): readonly string[] => [
  ...new Set(config.stages.flatMap((s) => (s.only ?? []).filter(isBranch))),
];

/** A release that was built of the commit, and the run that built it. */
export type BuiltBefore = Pick<Reuse, 'release' | 'run'>;

/** Where a run leads, in this order. */
export type Environments = readonly [string, ...string[]];

/** The environment that is named, else those that the configuration leads through. Fails with `UsageError` when neither says. */
export function environmentsAsked(
  asked: string | undefined,
  { stages, environments }: ServiceConfig,
): Environments {
  const named = asked?.trim();
  const [first, ...more] = named === undefined ? wayOf(stages) : [named];
  if (first !== undefined && first !== '') return [first, ...more];
  throw new UsageError(
    '--environment is missing, and the stage deploy names no environments',
    `--environment with one of ${Object.keys(environments).join(', ')}`,
  );
}

/**
 * What a run will do that leads through these environments, in this order: pure, the same for the same files and commit. With a release
 * that was `built` before, what comes before the gate is not done again. Fails with `UsageError` for an environment or a commit that cannot be.
 */
export function resolvePlan(
  config: ServiceConfig,
  environments: Environments,
  facts: GitFacts,
  built?: BuiltBefore,
): Plan {
  for (const environment of environments) deploymentOf(config, environment);
  const stages = reusing(planStages(config, facts, environments), built);
  const deploy = stages.find((s) => s.kind === 'deploy' && s.skipped !== undefined);
  if (deploy?.skipped !== undefined)
    throw new UsageError(
      `${facts.version} cannot be deployed: ${deploy.skipped}`,
      'ship a commit that is on such a branch (`git branch --contains` lists the branches of one), or such a tag, or change `only`',
    );
  const { version, commit, dirty, committedAt, author } = facts;
  const through = environments.slice(0, -1);
  return {
    schema: formOf(stages, through),
    service: config.service,
    environment: environments.at(-1) ?? environments[0],
    ...(through.length === 0 ? {} : { through }),
    version,
    commit,
    dirty,
    committedAt,
    author,
    ...(built === undefined ? {} : { release: built.release }),
    stages,
  };
}

export const hasSecrets = (stage: StagePlan): boolean =>
  stage.kind === 'deploy' && stage.deployment.configuration.secrets !== undefined;

/** The earliest form that has all of it: what needs no new worker is asked of none. */
const formOf = (stages: readonly StagePlan[], through: readonly string[]): Plan['schema'] =>
  stages.some((s) => hasSecrets(s) || isNewInForm3(s)) || !inARow(stages)
    ? GRAPH
    : through.length === 0
      ? 1
      : 2;

function deploymentOf({ service, environments }: ServiceConfig, environment: string): DeploymentPlan {
  const plan = Object.hasOwn(environments, environment) ? environments[environment] : undefined;
  if (plan !== undefined) return plan;
  throw new UsageError(
    `${service} has no environment ${JSON.stringify(environment)}`,
    `--environment with ${alternative(environment, Object.keys(environments))}`,
  );
}

/**
 * Stages before the first that is an environment's own are not run for what was built before. One that may fail is: whether it did is
 * not known of the release.
 */
function reusing(stages: readonly StagePlan[], built: BuiltBefore | undefined): readonly StagePlan[] {
  if (built === undefined) return stages;
  const own = ownFrom(stages);
  return stages.map((stage, i) =>
    i < own && stage.skipped === undefined && !mayFail(stage) ? { ...stage, reused: built.run } : stage,
  );
}

const mayFail = (stage: StagePlan): boolean => 'allowFailure' in stage && stage.allowFailure;

function planStages(
  service: ServiceConfig,
  facts: GitFacts,
  environments: Environments,
): readonly StagePlan[] {
  const planned: StagePlan[] = [];
  for (const { config, environment } of placed(service.stages, environments)) {
    const stage = { ...config, needs: config.needs.filter((need) => counts(need, environment, planned)) };
    const skipped = skippedBecause(stage, facts, planned);
    planned.push(
      planStage(gated(stage, environment, planned), deploymentOf(service, environment ?? environments[0]), {
        ...(skipped === undefined ? {} : { skipped }),
        ...(environment === undefined ? {} : { inEnvironment: environment }),
      }),
    );
  }
  return planned;
}

/** A deployment waits for the gate, wherever that is asked. */
function gated(
  stage: StageConfig,
  environment: string | undefined,
  planned: readonly StagePlan[],
): StageConfig {
  const gate = planned.find(
    ({ kind, inEnvironment, skipped }) =>
      kind === 'approve' && inEnvironment === environment && skipped === undefined,
  );
  return stage.kind !== 'deploy' || gate === undefined || stage.needs.includes(gate.name)
    ? stage
    : { ...stage, needs: [...stage.needs, gate.name] };
}

/** The next environment does not wait for what does not run in the one before, only for its deployment. */
function counts(need: string, environment: string | undefined, planned: readonly StagePlan[]): boolean {
  const stage = planned.find(({ name }) => name === need);
  return (
    stage?.inEnvironment === undefined ||
    stage.inEnvironment === environment ||
    stage.skipped === undefined ||
    stage.kind === 'deploy'
  );
}

function planStage(
  { only: _, ...planned }: StageConfig,
  deployment: DeploymentPlan,
  how: Pick<StagePlan, 'skipped' | 'inEnvironment'>,
): StagePlan {
  switch (planned.kind) {
    case 'deploy': {
      const { kind, name, needs } = planned;
      return { kind, name, needs, deployment, ...how };
    }
    case 'approve':
    case 'command':
    case 'scan':
    case 'performance_test':
    case 'own':
      return { ...planned, ...how };
  }
}

function skippedBecause(
  { name, only, needs }: StageConfig,
  facts: GitFacts,
  planned: readonly StagePlan[],
): string | undefined {
  if (only !== undefined && !only.some((one) => allows(one, facts)))
    return `stage ${name} runs only for ${onlyText(only)}, and ${facts.version} is not ${only.every(isBranch) ? `on ${only.length === 1 ? 'it' : 'any'}` : 'one'}`;
  const need = planned.find((s) => needs.includes(s.name) && s.skipped !== undefined);
  return need?.skipped;
}

const isBranch = (one: Only): one is string => typeof one === 'string';
const allows = (one: Only, { branches, tag }: GitFacts): boolean =>
  isBranch(one) ? branches.includes(one) : tag !== undefined && isTagOf(one.tag, tag);
function onlyText(only: readonly Only[]): string {
  const branches = only.filter(isBranch);
  const tags = only.flatMap((one) => (isBranch(one) ? [] : [one.tag]));
  return [
    ...(branches.length === 0 ? [] : [`commits on ${branches.join(' or ')}`]),
    ...(tags.length === 0 ? [] : [`tags ${tags.join(' or ')}`]),
  ].join(', and for ');
}
