import { routersIn } from '../domain/adapters.js';
import type { DeploymentPlan } from '../domain/plan.js';
import type { Problem } from './problem.js';
import type { DeployInput } from './deploy-schema.js';
import { comparisonProblems } from './comparison.js';
import { metricProblems } from './metrics.js';
import { queryProblems } from './queries.js';
import { portProblems } from './routers.js';
import { usageProblems } from './usage.js';
import { durationText } from '../domain/duration.js';
import { looksIn } from '../domain/watch-plan.js';
import { strategyProblems } from './strategy-rules.js';

/** What a rule asks of the file it is about; keys are those of `deploy`. */
export interface Ask {
  /** Whether it is said for this environment alone. */
  readonly own: (key: string) => boolean;
  /** Whether nothing there was left out as wrong: a rule says nothing about a default that stands in for a mistake. */
  readonly read: (keys: readonly string[]) => boolean;
  readonly say: (keys: readonly PropertyKey[], message: string, suggestion: string) => Problem;
}

/** What no schema can say of one environment's deployment, its variables apart. */
export const deploymentProblems = (plan: DeploymentPlan, input: DeployInput, ask: Ask): Problem[] => [
  ...strategyProblems(plan, input, ask),
  ...looks(plan, ask),
  ...windows(plan, ask),
  ...enoughChecks(plan, ask),
  ...readiness(plan, ask),
  ...leastBake(plan, input, ask),
  ...queryProblems(plan, input, ask),
  ...comparisonProblems(input, ask),
  ...metricProblems(plan, input, ask),
  ...usageProblems(plan, input, ask),
  ...keyNames(plan, ask),
  ...portProblems(input, ask),
];

/** What is written for these routers has them as they are. */
function keyNames({ router, userKey }: DeploymentPlan, { read, say }: Ask): Problem[] {
  const [written] = routersIn(router).flatMap((one) => WRITTEN[one] ?? []);
  if (written === undefined || !read(['user_key'])) return [];
  return userKey.flatMap((key, i) => {
    const [[kind = '', name = ''] = []] = Object.entries(key);
    return /^[\w.-]+$/.test(name)
      ? []
      : [
          say(
            ['user_key', i, kind],
            `${name} cannot stand in ${written} configuration`,
            'letters, digits, dots, dashes and underscores',
          ),
        ];
  });
}

const WRITTEN: Readonly<Partial<Record<string, string>>> = { haproxy: 'HAProxy’s', nginx: 'nginx’s' };

/** A phase that ends before the first look is no watching. */
function looks({ strategy, watch, bakeMs, rollback }: DeploymentPlan, { read, say }: Ask): Problem[] {
  const interval = ['monitoring', 'interval'];
  if (!read(interval)) return [];
  if (watch.intervalMs < LEAST_INTERVAL_MS)
    return [
      say(
        interval,
        'so many looks a second tell nothing more',
        `at least ${durationText(LEAST_INTERVAL_MS)}`,
      ),
    ];
  const problems: Problem[] = [];
  const phases = [
    ...('stepDurationMs' in strategy
      ? [[[strategy.kind, 'step_duration'], strategy.stepDurationMs] as const]
      : []),
    ...(rollback === undefined ? [] : [[['rollback_step'], rollback.stepMs] as const]),
    ...(strategy.kind === 'rolling' ? [[['rolling', 'pause'], strategy.pauseMs] as const] : []),
    [['bake'], bakeMs] as const,
  ];
  for (const [keys, ms] of phases)
    if (read(keys) && ms < watch.intervalMs)
      problems.push(
        say(
          keys,
          `it ends before the first look (monitoring.interval is ${durationText(watch.intervalMs)})`,
          `at least ${durationText(watch.intervalMs)}, or a shorter interval`,
        ),
      );
  return problems;
}
const LEAST_INTERVAL_MS = 100;

/** A window that holds less than two looks cannot tell anything. */
function windows({ watch: { triggers, intervalMs } }: DeploymentPlan, { read, say }: Ask): Problem[] {
  const all = [
    [['error_rate'], triggers.errorRate],
    [['response_time'], triggers.responseTime],
    [['health_check_failures'], triggers.healthCheckFailures],
    [['cpu'], triggers.cpu],
    [['memory'], triggers.memory],
    ...Object.entries(triggers.metrics ?? {}).map(([name, metric]) => [['metrics', name], metric] as const),
  ] as const;
  return all.flatMap(([names, trigger]) => {
    const keys = ['triggers', ...names, 'window'];
    if (trigger === undefined || trigger.windowMs >= 2 * intervalMs) return [];
    if (!read(keys) || !read(['monitoring', 'interval'])) return [];
    return [
      say(
        keys,
        `it is shorter than two looks (monitoring.interval is ${durationText(intervalMs)})`,
        `at least ${durationText(2 * intervalMs)}`,
      ),
    ];
  });
}

/** Each look asks each instance once: what can never come together in a window never takes anything back. */
function enoughChecks({ configuration, watch }: DeploymentPlan, { read, say }: Ask): Problem[] {
  const { intervalMs, triggers } = watch;
  const keys = ['triggers', 'health_check_failures', 'threshold'];
  if (triggers.healthCheckFailures === undefined) return [];
  const { threshold, windowMs } = triggers.healthCheckFailures;
  const most = configuration.replicas * looksIn(windowMs, intervalMs);
  const said = [
    keys,
    ['triggers', 'health_check_failures', 'window'],
    ['monitoring', 'interval'],
    ['replicas'],
  ];
  if (threshold <= most || windowMs < 2 * intervalMs || !said.every((key) => read(key))) return [];
  return [
    say(
      keys,
      `a window of ${durationText(windowMs)} has ${String(most)} checks at most (replicas is ${String(configuration.replicas)}, monitoring.interval ${durationText(intervalMs)})`,
      `at most ${String(most)}, or a longer window`,
    ),
  ];
}

/** Who is first asked when the time to become ready is over never becomes ready. */
function readiness({ configuration }: DeploymentPlan, { read, say }: Ask): Problem[] {
  const { healthChecks, startupTimeoutMs } = configuration;
  const keys = ['health_checks', 'readiness', 'initial_delay'];
  if (healthChecks.readiness.initialDelayMs < startupTimeoutMs) return [];
  if (!read(keys) || !read(['startup_timeout'])) return [];
  return [
    say(
      keys,
      `it is as long as an instance may take to become ready (startup_timeout is ${durationText(startupTimeoutMs)})`,
      'a shorter one, or a longer startup_timeout',
    ),
  ];
}

/** The default is for bakes that are longer, and says nothing of others. */
function leastBake(
  { bakeMs }: DeploymentPlan,
  { min_bake: least }: DeployInput,
  { read, say }: Ask,
): Problem[] {
  if (least === undefined || least <= bakeMs || !read(['bake'])) return [];
  return [
    say(
      ['min_bake'],
      `it is longer than the whole bake (bake is ${durationText(bakeMs)})`,
      `at most ${durationText(bakeMs)}, or a longer bake`,
    ),
  ];
}
