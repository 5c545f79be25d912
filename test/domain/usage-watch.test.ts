import { describe, expect, test } from 'vitest';
import { askedThen, judgingAgain } from '../../src/domain/judged-again.js';
import type { InstanceUsage } from '../../src/domain/usage.js';
import type { Triggers } from '../../src/domain/watch-plan.js';
import { watchLoop } from '../../src/domain/watch-loop.js';
import type { Observation } from '../../src/domain/watching.js';
import { MiB, answered, one } from '../support/used.js';
import { CANDIDATE, STABLE, WATCH_PLAN, counters, seen, simulated, watchInput } from '../support/watching.js';

const STEP_MS = 10_000;
const CPU: Triggers = { cpu: { threshold: 9_000, windowMs: 30_000 } };
const MEMORY: Triggers = { memory: { threshold: 100 * MiB, windowMs: 30_000 } };

describe('a watch', () => {
  const HOUR = 3_600_000;
  const hungry =
    (from: number) =>
    (at: number): Observation => ({
      ...seen(at, counters(CANDIDATE, at / 100), counters(STABLE, at / 100)),
      usage: answered(at, [one(Math.max(0, at - from), at > from ? 200 * MiB : 0)]),
    });
  const planOf = (triggers: Triggers, intervalMs = STEP_MS) => ({ ...WATCH_PLAN, triggers, intervalMs });

  test.each([
    ['cpu', { cpu: { threshold: 9_000, windowMs: HOUR } }],
    ['memory', { memory: { threshold: 100 * MiB, windowMs: HOUR } }],
  ])('of %s fails after exactly its window, of however many looks that is', async (_, triggers) => {
    const sim = simulated(hungry(HOUR));
    const { verdict, evidence } = await watchLoop(
      watchInput({ plan: planOf(triggers), until: 24 * HOUR }),
      sim.world,
    );
    expect([verdict.kind, sim.now() - HOUR]).toEqual(['fail', HOUR + STEP_MS]);
    expect(evidence.observations.some((o) => 'usage' in o)).toBe(false);
  });

  test('of a peak that is one look shorter than its window passes', async () => {
    const peak = (at: number): Observation => ({
      ...hungry(Infinity)(at),
      usage: answered(at, [one(0, at > HOUR && at <= HOUR + 30_000 ? 200 * MiB : 0)]),
    });
    const sim = simulated(peak);
    const { verdict } = await watchLoop(
      watchInput({ plan: planOf(MEMORY), until: HOUR + 60_000 }),
      sim.world,
    );
    expect(verdict.kind).toBe('pass');
    expect(sim.samples.filter((s) => s.verdict.kind === 'inconclusive')).toHaveLength(3);
  });

  test('a silent provider takes no part of what is seen besides', async () => {
    const silent = (at: number): Observation => ({
      ...hungry(0)(at),
      usage: { unavailable: 'no such host' },
    });
    const sim = simulated(silent);
    const plan = planOf({ ...WATCH_PLAN.triggers, ...CPU });
    const { verdict } = await watchLoop(watchInput({ plan, until: STEP_MS }), sim.world);
    expect(verdict).toMatchObject({ kind: 'unavailable', reason: 'cpu could not be measured: no such host' });
    expect(sim.samples.filter((s) => s.trigger === 'error_rate')[1]?.verdict.kind).toBe('pass');
  });

  test('what was seen can be judged by other limits; what was not asked for then is no pass', async () => {
    const sim = simulated(hungry(60_000));
    const generous = planOf({ cpu: { threshold: 100_000, windowMs: 20_000 } });
    await watchLoop(watchInput({ plan: generous, until: 300_000 }), sim.world);
    const again = (triggers: Triggers) => {
      const judging = judgingAgain(planOf(triggers), {
        candidate: CANDIDATE.release,
        stable: STABLE.release,
      });
      for (const sample of sim.samples) judging.add(sample);
      return judging.end();
    };
    expect(again(CPU).failed?.at).toBe('1970-01-01T00:01:40.000Z');
    expect(again({ cpu: { threshold: 10_100, windowMs: 20_000 } }).failed).toBeUndefined();
    const before = simulated((at) => seen(at, counters(CANDIDATE, at / 100)));
    await watchLoop(watchInput({ until: 60_000 }), before.world);
    sim.samples.splice(0, Infinity, ...before.samples);
    expect(again(CPU)).toMatchObject({
      verdicts: { pass: 0, unavailable: 7 },
      doubtful: [{ phase: 'bake' }],
    });
    const both = planOf({ ...CPU, ...MEMORY });
    expect(askedThen(both, WATCH_PLAN)).toEqual({
      plan: planOf({ metrics: {} }),
      unasked: ['cpu', 'memory'],
    });
    // Whoever is asked for one says the other as well.
    expect(askedThen(both, generous)).toEqual({
      ...{ plan: planOf({ ...both.triggers, metrics: {} }), unasked: [] },
    });
  });

  test('of as many instances as there may be keeps its evidence small', async () => {
    const instances = (at: number, slot: string): readonly InstanceUsage[] =>
      Array.from({ length: 50 }, (_, i) =>
        one(
          at,
          512 * MiB + i,
          `${slot}${'f'.repeat(32)}${String(i).padStart(2, '0')}`,
          new Date(0).toISOString(),
        ),
      );
    const start = 1_796_000_000_000;
    const sim = simulated((at) => ({
      ...seen(start + at, counters(CANDIDATE, at), counters(STABLE, at)),
      usage: answered(start + at, instances(at, 'gg'), instances(at, 'bb')),
    }));
    const plan = planOf({
      ...WATCH_PLAN.triggers,
      cpu: { threshold: 1, windowMs: 24 * HOUR },
      memory: { threshold: 1, windowMs: 24 * HOUR },
    });
    const input = watchInput({ plan: { ...plan, onInconclusive: 'continue' }, until: 300_000 });
    const { evidence } = await watchLoop(input, sim.world);
    const { usage, ...rest } = evidence;
    expect(usage?.slots.green?.instances).toHaveLength(50);
    expect(JSON.stringify(usage).length).toBeLessThan(40_000);
    expect(JSON.stringify(rest)).not.toContain('cpuMs');
  });
});
