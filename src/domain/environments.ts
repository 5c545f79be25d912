import type { DeployStage, DeploymentPlan, Plan, StagePlan } from './plan.js';
import type { RunView } from './view.js';

type Way = Pick<Plan, 'through' | 'environment'>;

/** Every environment that a run ships to, in its order. */
export const environmentsOf = ({ through = [], environment }: Way): readonly string[] => [
  ...through,
  environment,
];

/** The first of them: where a run is when it begins. */
export const firstOf = ({ through, environment }: Way): string => through?.[0] ?? environment;

/** The same of a run as it shows itself. */
export const waysOf = ({
  environments,
  environment,
}: Pick<RunView, 'environments' | 'environment'>): readonly string[] => environments ?? [environment];

/** Where a run leads, as people read it: `staging → production`. */
export const wayText = (run: Pick<RunView, 'environments' | 'environment'>): string =>
  waysOf(run).join(' → ');

/** The environments in which a run's version is live. */
export const liveIn = ({ stages, environment }: RunView): readonly string[] =>
  stages.filter((s) => s.kind === 'deploy' && s.state === 'passed').map((s) => s.environment ?? environment);

/** Where a stage belongs; one that comes before every gate, to where the run leads. */
export const environmentOf = (plan: Way, stage: Pick<StagePlan, 'inEnvironment'>): string =>
  stage.inEnvironment ?? plan.environment;

/** How a plan deploys to an environment; `undefined` where it does not. */
export function deploymentIn(plan: Plan, environment: string): DeploymentPlan | undefined {
  const stage = plan.stages.filter(isDeploy).find((s) => environmentOf(plan, s) === environment);
  return stage?.deployment;
}

const isDeploy = (stage: StagePlan): stage is DeployStage => stage.kind === 'deploy';
