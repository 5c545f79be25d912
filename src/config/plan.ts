import type { DeploymentPlan, Plan, StagePlan } from '../domain/plan.js';
import type { Reuse } from '../domain/reuse.js';
import { UsageError } from '../errors.js';
import type { GitFacts } from './git.js';
import { alternative } from './alternative.js';
import type { ServiceConfig } from './service.js';
import type { StageConfig } from './stages.js';

/** The branches that any `only` of the configuration names: what the git facts must tell about. */
export const branchesOf = (config: ServiceConfig): readonly string[] => [
  ...new Set(config.stages.flatMap((s) => s.only ?? [])),
];

/** A release that was built of the commit, and the run that built it. */
export type BuiltBefore = Pick<Reuse, 'release' | 'run'>;

/**
 * What a run will do: pure, the same for the same files and commit. With a release that was `built` before, what comes before the gate
 * is not done again. Fails with `UsageError` for an environment or a commit that cannot be.
 */
export function resolvePlan(
  config: ServiceConfig,
  environment: string,
  facts: GitFacts,
  built?: BuiltBefore,
): Plan {
  const deployment = Object.hasOwn(config.environments, environment)
    ? config.environments[environment]
    : undefined;
  if (deployment === undefined)
    throw new UsageError(
      `${config.service} has no environment ${JSON.stringify(environment)}`,
      `--environment with ${alternative(environment, Object.keys(config.environments))}`,
    );
  const stages = reusing(planStages(config.stages, facts, deployment), built);
  const deploy = stages.find((s) => s.kind === 'deploy');
  if (deploy?.skipped !== undefined)
    throw new UsageError(
      `${facts.version} cannot be deployed: ${deploy.skipped}`,
      'ship a commit that is on such a branch (`git branch --contains` lists the branches of one), or change `only`',
    );
  const { version, commit, dirty, committedAt, author } = facts;
  return {
    schema: 1,
    service: config.service,
    environment,
    version,
    commit,
    dirty,
    committedAt,
    author,
    ...(built === undefined ? {} : { release: built.release }),
    stages,
  };
}

/**
 * Stages before the first that is an environment's own are not run for what was built before. One that may fail is: whether it did is
 * not known of the release.
 */
function reusing(stages: readonly StagePlan[], built: BuiltBefore | undefined): readonly StagePlan[] {
  if (built === undefined) return stages;
  const own = stages.findIndex(({ kind }) => kind === 'approve' || kind === 'deploy');
  return stages.map((stage, i) =>
    i < own && stage.skipped === undefined && !mayFail(stage) ? { ...stage, reused: built.run } : stage,
  );
}

const mayFail = (stage: StagePlan): boolean =>
  (stage.kind === 'command' || stage.kind === 'scan') && stage.allowFailure;

function planStages(
  configs: readonly StageConfig[],
  facts: GitFacts,
  deployment: DeploymentPlan,
): readonly StagePlan[] {
  const planned: StagePlan[] = [];
  for (const config of configs) {
    const skipped = skippedBecause(config, facts, planned);
    planned.push(planStage(config, deployment, skipped === undefined ? {} : { skipped }));
  }
  return planned;
}

function planStage(
  { only, ...planned }: StageConfig,
  deployment: DeploymentPlan,
  skipped: { skipped?: string },
): StagePlan {
  switch (planned.kind) {
    case 'deploy':
      return { ...planned, kind: 'deploy', deployment, ...skipped };
    case 'approve':
      return { ...planned, kind: 'approve', ...skipped };
    case 'command':
    case 'scan':
      return { ...planned, ...skipped };
  }
}

function skippedBecause(
  { name, only, needs }: StageConfig,
  facts: GitFacts,
  planned: readonly StagePlan[],
): string | undefined {
  if (only !== undefined && !only.some((branch) => facts.branches.includes(branch)))
    return `stage ${name} runs only for commits on ${only.join(' or ')}, and ${facts.version} is not on ${only.length === 1 ? 'it' : 'any'}`;
  const need = planned.find((s) => needs.includes(s.name) && s.skipped !== undefined);
  return need?.skipped;
}
