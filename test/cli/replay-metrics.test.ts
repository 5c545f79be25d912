import { expect, test } from 'vitest';
import { withOptions } from '../../src/cli/rules-by-options.js';
import type { Values } from '../../src/cli/table.js';
import type { Triggers } from '../../src/domain/watch-plan.js';
import { UsageError } from '../../src/errors.js';
import { WATCH_PLAN } from '../support/watching.js';

const comparison = { alpha: 300, tolerance: 10, minRequests: 50 };
const rules = (values: Values, triggers: Triggers): Triggers =>
  withOptions(values, { ...WATCH_PLAN, triggers }).triggers;

test.each<[string, Values, Triggers, Triggers]>([
  ['nothing is said', {}, { comparison }, { comparison }],
  [
    'a tolerance is',
    { tolerance: '50%' },
    { comparison },
    { comparison: { ...comparison, tolerance: 5_000 } },
  ],
  [
    'what was not watched is',
    { tolerance: '2%', window: '1m' },
    {},
    {
      comparison: { alpha: 100, tolerance: 200, minRequests: 20 },
      errorRate: { threshold: 500, windowMs: 60_000, minRequests: 20 },
    },
  ],
  [
    'limits of time and of use are',
    { p95: '500ms', cpu: '150%', memory: '64Mi' },
    {
      responseTime: { p95ThresholdMs: 2_000, windowMs: 60_000, minRequests: 5 },
      cpu: { threshold: 1, windowMs: 1 },
    },
    {
      responseTime: { p95ThresholdMs: 500, windowMs: 60_000, minRequests: 5 },
      cpu: { threshold: 15_000, windowMs: 1 },
      memory: { threshold: 64 * 1024 ** 2, windowMs: 120_000 },
    },
  ],
])('the rules where %s', (_, values, triggers, then) => {
  expect(rules(values, triggers)).toEqual(then);
});

test.each<[Values, string]>([
  [{ tolerance: '50.01%' }, '--tolerance 50.01%: hardly any release is so much worse'],
  [{ tolerance: '101%' }, '--tolerance does not take "101%"'],
  [{ cpu: '90' }, '--cpu does not take "90"'],
  [{ memory: '512MB' }, '--memory does not take "512MB"'],
  [{ memory: '0Mi' }, '--memory does not take "0Mi"'],
  [{ memory: '65Ti' }, '--memory: no machine has so much'],
  [{ cpu: '0.99%' }, '--cpu does not take "0.99%"'],
  [{ p95: '0s' }, '--p95 does not take "0s"'],
  [{ window: '19s' }, '--window 19s is shorter than two looks of 10s'],
])('refuses %j as a configuration does', (values, why) => {
  const act = (): unknown => rules(values, {});
  expect(act).toThrow(UsageError);
  expect(act).toThrow(why);
});

test('what is refused is told what to try', () => {
  for (const [memory, next] of [
    ['0Mi', 'at least 1Mi'],
    ['512MB', '512Mi'],
  ] as const)
    expect(() => rules({ memory }, {})).toThrow(expect.objectContaining({ next }));
});

test('a usual window that would not hold two looks is refused, and one that the plan has is not', () => {
  const seldom = (values: Values, triggers: Triggers = {}) =>
    withOptions(values, { ...WATCH_PLAN, intervalMs: 61_000, triggers });
  for (const option of ['cpu', 'memory'])
    expect(() => seldom({ [option]: option === 'cpu' ? '90%' : '64Mi' })).toThrow(
      `${option}: its usual window of 2m is shorter than two looks of 61s`,
    );
  expect(seldom({ cpu: '90%' }, { cpu: { threshold: 1, windowMs: 90_000 } }).triggers.cpu?.windowMs).toBe(
    90_000,
  );
  expect(seldom({ p95: '500ms', 'error-rate': '1%' }).triggers.errorRate?.windowMs).toBe(300_000);
});
