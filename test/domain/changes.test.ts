import { expect, test } from 'vitest';
import { changesOf, type Serving } from '../../src/domain/changes.js';
import type { Configuration, DeploymentPlan } from '../../src/domain/plan.js';
import type { MetricTrigger } from '../../src/domain/watch-plan.js';
import { deploymentPlan } from '../support/plans.js';

const plan = (more: Partial<Configuration> = {}, rest: Partial<DeploymentPlan> = {}): DeploymentPlan => {
  const before = deploymentPlan(rest);
  return { ...before, configuration: { ...before.configuration, ...more } };
};
const secret = (path: string, version: number) => ({ secrets: { URL: { secret: path, version } } });
const probe = { path: '/up', periodMs: 2_000, timeoutMs: 500, initialDelayMs: 3_000 };
const CHECKOUT = { name: 'checkout', variants: { on: true, off: false }, off: 'off' };
const button = (variants: Readonly<Record<string, string>>, name = 'button') => ({
  ...{ name, off: 'plain', variants: { plain: '', ...variants } },
});
const { watch, configuration } = deploymentPlan();

const ORDERS: MetricTrigger = { query: 'orders', max: 2, windowMs: 60_000 };
const metered = (metrics: Readonly<Record<string, MetricTrigger>>): DeploymentPlan =>
  plan({}, { watch: { ...watch, triggers: { ...watch.triggers, metrics } } });

test.each<[string, Serving, DeploymentPlan, readonly string[]]>([
  ['nothing', plan(), plan(), []],
  ['a new variable', plan(), plan({ environment: { REGION: 'eu' } }), ['REGION: unset → eu']],
  ['one that is gone', plan({ environment: { A: '' } }), plan(), ['A: "" → unset']],
  [
    'another value, quoted where that is needed, and cut',
    plan({ environment: { A: 'one two', B: 'x' } }),
    plan({ environment: { A: 'x'.repeat(200), B: 'x' } }),
    [`A: "one two" → ${'x'.repeat(100)}… (200 characters)`],
  ],
  ['a rotation', plan(secret('a/b', 3)), plan(secret('a/b', 4)), ['URL: secret a/b v3 → v4']],
  ['another secret', plan(secret('a/b', 3)), plan(secret('a/c', 3)), ['URL: secret a/b v3 → secret a/c v3']],
  [
    'a plain value that becomes a secret',
    plan({ environment: { URL: 'http://x' } }),
    plan({ secrets: { URL: { secret: 'a/b' } } }),
    ['URL: http://x → secret a/b'],
  ],
  [
    'replicas, command and health checks',
    plan(),
    plan({ replicas: 3, command: ['bun', 'x.js'], healthChecks: { readiness: probe, liveness: probe } }),
    [
      'command: node server.js → bun x.js',
      'replicas: 1 → 3',
      'health_checks.readiness: /health every 1s, 1s to answer → /up every 2s, 500ms to answer, after 3s',
      'health_checks.liveness: /health every 1s, 1s to answer → /up every 2s, 500ms to answer, after 3s',
    ],
  ],
  [
    'strategy, bake and triggers',
    plan(),
    plan(
      {},
      {
        ...{ strategy: { kind: 'blue_green' }, bakeMs: 120_000 },
        watch: {
          ...watch,
          triggers: {
            healthCheckFailures: { threshold: 2, windowMs: 60_000 },
            cpu: { threshold: 15_000, windowMs: 60_000 },
            memory: { threshold: 2 ** 29, windowMs: 90_000 },
          },
          onInconclusive: 'continue',
        },
      },
    ),
    expect.arrayContaining([
      'strategy: canary 5%, 25%, 100%, 1m each → blue_green',
      'bake: 1m → 2m',
      expect.stringMatching(/^triggers\.error_rate: \S+% in \S+ of at least \d+ requests → none$/),
      'triggers.cpu: none → 150% for 1m',
      'triggers.memory: none → 512Mi for 90s',
      'on_inconclusive: hold → continue',
    ]) as string[],
  ],
  [
    'values that differ where they are cut',
    plan({ environment: { A: `${'x'.repeat(100)}y` } }),
    plan({ environment: { A: `${'x'.repeat(100)}z` } }),
    [`A: ${'x'.repeat(100)}… (101 characters) → ${'x'.repeat(100)}… (101 characters)`],
  ],
  [
    'what flags are',
    plan({}, { flags: [button({ urgent: 'Buy now', plain: 'Buy' }), button({}, 'gone'), CHECKOUT] }),
    plan({}, { flags: [button({ urgent: 'x'.repeat(100), plain: 'Buy' }), { ...CHECKOUT, off: 'on' }] }),
    [
      `flags.button: plain "Buy", urgent "Buy now" → plain "Buy", urgent "${'x'.repeat(99)}… (102 characters)`,
      'flags.checkout: off false, on true → on true, off false',
      'flags.gone: plain "" → none',
    ],
  ],
  [
    'business metrics, by their names and whole',
    metered({
      gone: { query: 'orders', min: 1, windowMs: 60_000 },
      same: ORDERS,
      long: { ...ORDERS, query: `${'x'.repeat(100)}y` },
    }),
    metered({ same: ORDERS, long: { ...ORDERS, query: `${'x'.repeat(100)}z` }, new: ORDERS }),
    [
      'triggers.metrics.gone: at least 1 in 1m of orders → none',
      `triggers.metrics.long: at most 2 in 1m of ${'x'.repeat(100)}… (101 characters) → at most 2 in 1m of ${'x'.repeat(100)}… (101 characters)`,
      'triggers.metrics.new: none → at most 2 in 1m of orders',
    ],
  ],
  [
    'what is not known of before',
    { configuration },
    plan({ replicas: 2 }, { bakeMs: 9 }),
    ['replicas: 1 → 2'],
  ],
])('%s', (_, before, after, said) => {
  expect(changesOf(before, after)).toEqual(said);
});
