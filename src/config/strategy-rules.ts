import { FULL, type DeploymentPlan } from '../domain/plan.js';
import { replacesInstances, strategyName } from '../domain/strategy.js';
import { alternative } from './alternative.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import { countedProblems } from './ladder.js';
import type { Problem } from './problem.js';
import { SECRET, secretsIn } from './secrets.js';
import { shown } from './shown.js';

/** What no schema can say of how the traffic moves. */
export const strategyProblems = (plan: DeploymentPlan, input: DeployInput, ask: Ask): Problem[] => [
  ...OF_ONE.flatMap((of) => others(plan, of, ask)),
  ...countedProblems(plan, input, ask),
  ...risingSteps(plan, ask),
  ...flagNamed(plan, ask),
  ...batches(plan, input, ask),
  ...given(plan, ask),
  ...gradual(plan, input, ask),
];

/** Who goes back by shares goes back to what runs. */
function gradual(
  { strategy, rollback }: DeploymentPlan,
  { rollback_step: step }: DeployInput,
  { own, read, say }: Ask,
): Problem[] {
  if (!read(['rollback_strategy']) || !read(['strategy'])) return [];
  if (rollback === undefined)
    return step !== undefined && own('rollback_step')
      ? [
          say(
            ['rollback_step'],
            'rollback_strategy is immediate here, which has no steps',
            'rollback_strategy: gradual, or leaving it out',
          ),
        ]
      : [];
  return replacesInstances(strategy.kind)
    ? [
        say(
          ['rollback_strategy'],
          `with ${strategyName(strategy)} the old instances are started again first, so that users cannot go back by shares`,
          'rollback_strategy: immediate, or strategy: blue_green or canary',
        ),
      ]
    : [];
}

/** Keys that mean something to one strategy only. */
export const OF_ONE = [
  { key: 'canary', kind: 'canary', lacks: 'has no steps', name: 'canary' },
  { key: 'feature_flag', kind: 'feature_flag', lacks: 'turns no flag on', name: 'feature_flag' },
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

function risingSteps({ strategy }: DeploymentPlan, { read, say }: Ask): Problem[] {
  const steps = [strategy.kind, 'steps'];
  if (!('stepDurationMs' in strategy) || !read(steps)) return [];
  const problems: Problem[] = [];
  if (strategy.steps.some((share, i) => share <= (strategy.steps[i - 1] ?? 0)))
    problems.push(
      say(steps, 'the shares do not rise', 'each step above the one before, such as 5%, 25%, 100%'),
    );
  if (strategy.steps.at(-1) !== FULL)
    problems.push(say(steps, 'the last share is not 100%', 'adding 100% at the end'));
  return problems;
}

/** The flag is declared, and so is what of it is turned on. */
function flagNamed({ strategy, flags = [] }: DeploymentPlan, { read, say }: Ask): Problem[] {
  const key = ['feature_flag', 'flag'];
  if (strategy.kind !== 'feature_flag' || !read(key)) return [];
  if (strategy.flag === '')
    return [
      say(['strategy'], 'it turns a flag on, and which one is not said', 'feature_flag: { flag: NAME }'),
    ];
  const declared = flags.find(({ name }) => name === strategy.flag);
  if (declared === undefined)
    return [
      say(
        key,
        `flags has no flag ${shown(strategy.flag)}`,
        flags.length === 0
          ? 'declaring it there'
          : alternative(
              strategy.flag,
              flags.map(({ name }) => name),
            ),
      ),
    ];
  const ones = Object.keys(declared.variants).filter((variant) => variant !== declared.off);
  const variant = ['feature_flag', 'variant'];
  if (ones.includes(strategy.variant) || !read(variant)) return [];
  return [
    strategy.variant === ''
      ? say(key, `${declared.name} has several variants to turn on`, `variant: ${ones[0] ?? ''}`)
      : say(variant, `${declared.name} has no such variant to turn on`, alternative(strategy.variant, ones)),
  ];
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
