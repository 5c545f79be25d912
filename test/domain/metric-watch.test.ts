import { describe, expect, test } from 'vitest';
import { askedThen, judgingAgain } from '../../src/domain/judged-again.js';
import type { MetricTrigger, WatchPlan } from '../../src/domain/watch-plan.js';
import { extended, watchLoop } from '../../src/domain/watch-loop.js';
import type { Observation, Reading, WatchEvidence } from '../../src/domain/watching.js';
import { CANDIDATE, STABLE, WATCH_PLAN, counters, seen, simulated, watchInput } from '../support/watching.js';

const orders = (more: Partial<MetricTrigger> = {}): MetricTrigger => ({
  ...{ query: 'orders', min: 10, windowMs: 60_000 },
  ...more,
});
const plan = (metrics: Record<string, MetricTrigger>, intervalMs = 10_000): WatchPlan => ({
  ...{ ...WATCH_PLAN, intervalMs },
  triggers: { ...WATCH_PLAN.triggers, metrics },
});
/** Ten requests a second, and of every metric this value. */
const looking =
  (names: readonly string[], readingAt: (at: number) => Reading) =>
  (at: number): Observation => ({
    ...seen(at, counters(CANDIDATE, at / 100), counters(STABLE, at / 100)),
    metrics: Object.fromEntries(names.map((name) => [name, readingAt(at)])),
  });

describe('a watch', () => {
  const HOUR = 3_600_000;

  test('knows of a window far longer than its evidence what every look of it said', async () => {
    const long = plan({ orders: orders({ windowMs: 6 * HOUR }) });
    // Bad from the start, but for one look at two hours.
    const sim = simulated(looking(['orders'], (at) => ({ value: at === 2 * HOUR ? 10 : 9 })));
    const { verdict } = await watchLoop(watchInput({ plan: long, until: 24 * HOUR }), sim.world);
    expect(verdict.kind).toBe('fail');
    expect(sim.now()).toBe(8 * HOUR + 10_000);
  });

  test('dates a breach by when metrics were asked, and not by when counters were scraped', async () => {
    // The counters of the look that finds it bad first are old.
    const sim = simulated((at) => ({
      ...looking(['orders'], () => ({ value: at < 300_000 ? 10 : 9 }))(at === 300_000 ? at - 100_000 : at),
      metricsAt: at,
    }));
    const { verdict } = await watchLoop(
      watchInput({ plan: plan({ orders: orders({ windowMs: 120_000 }) }), until: HOUR }),
      sim.world,
    );
    expect(verdict.kind).toBe('fail');
    expect(sim.now()).toBe(420_000);
  });

  test('goes on when a value comes back within the window', async () => {
    const sim = simulated(looking(['orders'], (at) => ({ value: at % 60_000 === 0 ? 10 : 9 })));
    const { verdict } = await watchLoop(
      watchInput({ plan: plan({ orders: orders() }), until: HOUR }),
      sim.world,
    );
    expect(verdict).toMatchObject({ kind: 'pass' });
    expect(sim.now()).toBe(HOUR);
  });

  test('hands on little of ten metrics with the longest names', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `m${String(i)}`.padEnd(63, 'x'));
    const all = Object.fromEntries(names.map((name) => [name, orders({ windowMs: HOUR })]));
    const sim = simulated(looking(names, () => ({ value: 1 / 3, stable: 0.1 + 0.2 })));
    const { evidence } = await watchLoop(
      watchInput({ plan: plan(all, 1_000), until: HOUR - 1_000, share: 500 }),
      sim.world,
    );
    const without = simulated(looking([], () => ({ value: 1 })));
    const bare = await watchLoop(
      watchInput({ plan: { ...WATCH_PLAN, intervalMs: 1_000 }, until: HOUR - 1_000 }),
      without.world,
    );
    const bytes = (of: WatchEvidence): number => JSON.stringify(of).length;
    expect(bytes(evidence) - bytes(bare.evidence)).toBeLessThan(5_000);
  });

  test('of a plan without them keeps nothing of them', () => {
    const evidence = extended(watchInput(), { observations: [] }, seen(0));
    expect(evidence).not.toHaveProperty('breaches');
  });
});

describe('recorded looks', () => {
  test('are judged again with other limits', async () => {
    const then = plan({ orders: orders() });
    const sim = simulated(looking(['orders'], () => ({ value: 12 })));
    await watchLoop(watchInput({ plan: then, until: 300_000 }), sim.world);
    const again = judgingAgain(plan({ orders: orders({ min: 15 }) }), {
      candidate: CANDIDATE.release,
      stable: STABLE.release,
    });
    for (const sample of sim.samples) again.add(sample);
    expect(again.end().failed).toMatchObject({
      at: '1970-01-01T00:01:00.000Z',
      reason: 'orders 12 (limit at least 15), at every look of 1m',
    });
  });

  test('say nothing of a query that was not asked', () => {
    const [then, other] = [orders(), orders({ query: 'other' })];
    const found = askedThen(
      plan({ same: then, changed: other, added: then }),
      plan({ same: then, changed: then }),
    );
    expect(found.unasked).toEqual(['changed', 'added']);
    expect(found.plan).toEqual(plan({ same: then }));
  });
});
