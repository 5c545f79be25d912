import { expect, test } from 'vitest';
import { dilutedText } from '../../src/config/explain-flag.js';
import { triggersText, uncomparedText } from '../../src/config/explain-plan.js';
import { wayBackTexts } from '../../src/config/explain-traffic.js';
import type { DeploymentPlan } from '../../src/domain/plan.js';
import type { ComparisonTrigger } from '../../src/domain/watch-plan.js';
import { deploymentPlan } from '../support/plans.js';

const planned = (comparison?: ComparisonTrigger, more: Partial<DeploymentPlan> = {}): DeploymentPlan => {
  const plan = deploymentPlan();
  const triggers = comparison === undefined ? {} : { comparison };
  const strategy = { kind: 'canary', steps: [500, 10_000], stepDurationMs: 1_000 } as const;
  return { ...plan, strategy, watch: { ...plan.watch, triggers }, ...more };
};
const COMPARISON: ComparisonTrigger = { alpha: 300, tolerance: 10, minRequests: 20 };

test('the error rate of the comparison is said as it was given', () => {
  expect(triggersText(planned(COMPARISON))).toEqual([
    'while stable serves too: errors 0.1 % above its own, by a test that is wrong in at most 3 % of deployments',
  ]);
});

test('what an instance may use is said as it was given', () => {
  const triggers = {
    cpu: { threshold: 15_000, windowMs: 90_000 },
    memory: { threshold: 512 * 1024 ** 2, windowMs: 120_000 },
  };
  expect(triggersText({ watch: { ...planned().watch, triggers } })).toEqual([
    'an instance above 150 % of a processor for 90s',
    'an instance above 512Mi of memory for 2m',
  ]);
});

test.each<[string, DeploymentPlan, readonly string[]]>([
  ['a source that tells users apart', planned(COMPARISON), []],
  [
    'a source of one’s own, which may',
    planned(COMPARISON, { metrics: 'own:meter' }),
    ['  compared with stable if the counters of own:meter have atRisk; else limits alone decide'],
  ],
  [
    'one that does not',
    planned(undefined, { metrics: 'prometheus', router: 'haproxy' }),
    ['  not compared with stable: prometheus with haproxy does not tell users apart; limits alone decide'],
  ],
  ['a switch of all users', planned(undefined, { strategy: { kind: 'blue_green' } }), []],
])('what is said of the comparison with %s', (_, plan, said) => {
  expect(uncomparedText(plan)).toEqual(said);
});

const lit = (steps: readonly number[], threshold?: number): DeploymentPlan => {
  const strategy = {
    kind: 'feature_flag',
    flag: 'checkout',
    variant: 'on',
    steps,
    stepDurationMs: 1,
  } as const;
  const errorRate = { threshold: threshold ?? 0, windowMs: 1_000, minRequests: 20 };
  const triggers = threshold === undefined ? {} : { errorRate };
  return planned(undefined, { strategy, watch: { ...planned().watch, triggers } });
};
test.each<[string, DeploymentPlan, readonly string[]]>([
  [
    'are hidden by the limit at first',
    lit([500, 2_500, 10_000], 500),
    [
      '  where checkout fails everybody who has it, error_rate (5 % of all requests of the release) sees it at 25 % of the users at the soonest, and not at 5 %; a lower limit, or a metric of the flag’s own, sees it sooner',
    ],
  ],
  [
    'are above the limit at once',
    lit([501, 10_000], 500),
    [
      '  where checkout fails everybody who has it, error_rate (5 % of all requests of the release) sees it at 5.01 % of the users at the soonest',
    ],
  ],
  [
    'are never above it',
    lit([500, 10_000], 10_000),
    [
      '  where checkout fails everybody who has it, error_rate (100 % of all requests of the release) never sees it; a lower limit, or a metric of the flag’s own, does',
    ],
  ],
  ['have no limit', lit([500, 10_000]), []],
  ['are of another strategy', planned(COMPARISON), []],
])('what is said of the errors of a flag that %s', (_, plan, said) => {
  expect(dilutedText(plan)).toEqual(said);
});

test.each([
  [20_000, 'may not send it back: 3 failed health checks, one every 10s, do not fit into 20s'],
  // As many as validate says that there are in it.
  [25_000, 'sends it back after at most 30s'],
  [30_000, 'sends it back after at most 30s'],
])('whether one instance alone sends it back where the window is %d ms', (windowMs, said) => {
  const plan = planned();
  const triggers = { healthCheckFailures: { threshold: 3, windowMs } };
  const texts = wayBackTexts({ ...plan, watch: { ...plan.watch, intervalMs: 10_000, triggers } });
  expect(texts[1]).toContain(said);
});
