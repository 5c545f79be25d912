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
  [{ window: '19s' }, '--window 19s is shorter than two looks of 10s'],
])('refuses %j as a configuration does', (values, why) => {
  const act = (): unknown => rules(values, {});
  expect(act).toThrow(UsageError);
  expect(act).toThrow(why);
});
