import type { DeploymentPlan } from '../domain/plan.js';
import { tellsReleases } from '../domain/queries.js';
import type { MetricTrigger, Triggers } from '../domain/watch-plan.js';
import { EXAMPLE, MOST_METRICS } from './metric-schema.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import type { Problem } from './problem.js';

type MetricInput = NonNullable<NonNullable<DeployInput['triggers']>['metrics']>[string];
const DEFAULTS = { tolerance: 2_000, windowMs: 5 * 60_000 } as const;

/** Business metrics with their defaults. Nothing where there are none: such a plan has the hash that it always had. */
export function metricsOf({ triggers }: DeployInput): Pick<Triggers, 'metrics'> {
  const given = Object.entries(triggers?.metrics ?? {});
  return given.length === 0
    ? {}
    : { metrics: Object.fromEntries(given.map(([name, metric]) => [name, metricOf(metric)])) };
}

const metricOf = ({ query = '', min, max, direction, tolerance, window }: MetricInput): MetricTrigger => ({
  query,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
  ...(direction === undefined ? {} : { beside: { direction, tolerance: tolerance ?? DEFAULTS.tolerance } }),
  windowMs: window ?? DEFAULTS.windowMs,
});

/** What no schema can say of business metrics: what an environment has over the common ones may lack, or contradict them. */
export function metricProblems(plan: DeploymentPlan, { triggers }: DeployInput, ask: Ask): Problem[] {
  const given = Object.entries(triggers?.metrics ?? {});
  if (given.length === 0) return [];
  const keys = ['triggers', 'metrics'];
  const gateway =
    plan.metrics === 'gateway' && ask.read(['metrics'])
      ? [
          ask.say(
            keys,
            'the metric source here is gateway, which answers no queries',
            'metrics: prometheus, or leaving it out',
          ),
        ]
      : [];
  const many =
    given.length > MOST_METRICS && ask.read(keys)
      ? [
          ask.say(
            keys,
            `these are ${String(given.length)} metrics`,
            `at most ${String(MOST_METRICS)}: those that say whether the release is well`,
          ),
        ]
      : [];
  return [...gateway, ...many, ...given.flatMap(([name, metric]) => faultsOf(metric, [...keys, name], ask))];
}

function faultsOf(metric: MetricInput, keys: readonly string[], { read, say }: Ask): Problem[] {
  if (!read(keys)) return [];
  const { query, min, max, direction, tolerance } = metric;
  const wrongs = [
    query === undefined ? say(keys, 'it has no query', `query: ${EXAMPLE}`) : [],
    min === undefined && max === undefined && direction === undefined
      ? say(keys, 'nothing says what is bad', 'min, max or direction')
      : [],
    min !== undefined && max !== undefined && min > max
      ? say(
          [...keys, 'min'],
          `${String(min)} is more than max, which is ${String(max)}`,
          `at most ${String(max)}`,
        )
      : [],
    direction === undefined && tolerance !== undefined
      ? say(
          [...keys, 'tolerance'],
          'without a direction there is nothing to tolerate',
          'direction: increase, decrease or either',
        )
      : [],
    direction !== undefined && query !== undefined && !tellsReleases(query)
      ? say(
          [...keys, 'direction'],
          'the query is of the whole target, and stable cannot be told apart from the candidate',
          'release="$release",slot="$slot" in the query, or min and max alone',
        )
      : [],
  ];
  return wrongs.flat();
}
