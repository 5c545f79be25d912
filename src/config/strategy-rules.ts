import { FULL, type DeploymentPlan } from '../domain/plan.js';
import { strategyName } from '../domain/strategy.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import type { Problem } from './problem.js';
import { SECRET, secretsIn } from './secrets.js';

/** What no schema can say of how the traffic moves. */
export const strategyProblems = (plan: DeploymentPlan, input: DeployInput, ask: Ask): Problem[] => [
  ...OF_ONE.flatMap((of) => others(plan, of, ask)),
  ...canarySteps(plan, ask),
  ...batches(plan, input, ask),
  ...given(plan, ask),
];

/** Keys that mean something to one strategy only. */
const OF_ONE = [
  { key: 'canary', kind: 'canary', lacks: 'has no steps', name: 'canary' },
  { key: 'rolling', kind: 'rolling', lacks: 'has no batches', name: 'rolling' },
  { key: 'strategy_with', kind: 'own', lacks: 'is given nothing', name: 'own:NAME' },
] as const;

function others(
  { strategy }: DeploymentPlan,
  { key, kind, lacks, name }: (typeof OF_ONE)[number],
  { own, read, say }: Ask,
): Problem[] {
  if (strategy.kind === kind || !own(key) || !read(['strategy'])) return [];
  return [
    say(
      [key],
      `the strategy here is ${strategyName(strategy)}, which ${lacks}`,
      `strategy: ${name}, or leaving it out`,
    ),
  ];
}

function canarySteps({ strategy }: DeploymentPlan, { read, say }: Ask): Problem[] {
  const steps = ['canary', 'steps'];
  if (strategy.kind !== 'canary' || !read(steps)) return [];
  const problems: Problem[] = [];
  if (strategy.steps.some((share, i) => share <= (strategy.steps[i - 1] ?? 0)))
    problems.push(
      say(steps, 'the shares do not rise', 'each step above the one before, such as 5%, 25%, 100%'),
    );
  if (strategy.steps.at(-1) !== FULL)
    problems.push(say(steps, 'the last share is not 100%', 'adding 100% at the end'));
  return problems;
}

/** Who is not in a batch serves while it is replaced. */
function batches(
  { strategy, configuration: { replicas } }: DeploymentPlan,
  { rolling }: DeployInput,
  { read, say }: Ask,
): Problem[] {
  if (strategy.kind !== 'rolling' || strategy.batchSize < replicas) return [];
  if (!read(['replicas']) || !read(['rolling', 'batch_size'])) return [];
  if (replicas === 1)
    return [
      say(
        ['strategy'],
        'it replaces instances while others serve, and there is one instance (replicas)',
        'replicas: 2 or more, strategy: blue_green, or in_place where downtime is accepted',
      ),
    ];
  const said = rolling?.batch_size === undefined ? ['strategy'] : ['rolling', 'batch_size'];
  return [
    say(
      said,
      `a batch of ${String(strategy.batchSize)} of ${String(replicas)} instances leaves nobody serving`,
      `at most ${String(replicas - 1)}, more replicas, or strategy: in_place where downtime is accepted`,
    ),
  ];
}

/** What it is given is for a strategy of one's own, and no secret. */
const given = ({ strategy }: DeploymentPlan, { read, say }: Ask): Problem[] =>
  strategy.kind === 'own' && read(['strategy_with'])
    ? secretsIn(strategy.with).map((keys) => say(['strategy_with', ...keys], ...SECRET))
    : [];
