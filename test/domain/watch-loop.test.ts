import { describe, expect, test } from 'vitest';
import { watchLoop } from '../../src/domain/watch-loop.js';
import { EVIDENCE_LIMIT, type Observation } from '../../src/domain/watching.js';
import { CANDIDATE, STABLE, WATCH_PLAN, counters, seen, simulated, watchInput } from '../support/watching.js';

const DAY = 86_400_000;
/** 10 requests a second on both sides. */
const healthy = (at: number): Observation =>
  seen(at, counters(CANDIDATE, at / 100), counters(STABLE, at / 100));

describe('a watch on a simulated clock', () => {
  test('of a week passes at its end, with small evidence and a sample of every look', async () => {
    const sim = simulated(healthy);
    const result = await watchLoop(watchInput({ until: 7 * DAY }), sim.world);
    expect(result).toMatchObject({ verdict: { kind: 'pass' }, interrupted: false });
    expect(sim.now()).toBe(7 * DAY);
    expect(result.evidence.observations.length).toBeLessThanOrEqual(EVIDENCE_LIMIT);
    expect(sim.samples.length).toBe(((7 * DAY) / 10_000) * 3 + 3);
    expect(JSON.stringify(result).length).toBeLessThan(100_000);
  });

  test('fails within one interval after the limit is broken', async () => {
    const broken = 3 * DAY;
    const sim = simulated((at) =>
      seen(at, counters(CANDIDATE, at / 100, Math.max(0, (at - broken) / 500)), counters(STABLE, at / 100)),
    );
    const result = await watchLoop(watchInput({ until: 7 * DAY }), sim.world);
    expect(result.verdict.kind).toBe('fail');
    expect(sim.now() - broken).toBeLessThanOrEqual(WATCH_PLAN.intervalMs * 9);
  });

  test('a doubtful end holds until the step times out', async () => {
    const sim = simulated((at) => seen(at, counters(CANDIDATE, 3), counters(STABLE, at / 100)));
    const result = await watchLoop(watchInput({ until: 60_000 }), sim.world);
    expect(result.verdict.kind).toBe('inconclusive');
    expect(sim.now()).toBe(60_000 + WATCH_PLAN.stepTimeoutMs);
  });

  test('doubt that the policy takes ends on time, doubt that clears passes', async () => {
    const quiet = (at: number): Observation => seen(at, counters(CANDIDATE, 3), counters(STABLE, at / 100));
    const going = simulated(quiet);
    await watchLoop(
      watchInput({ until: 60_000, plan: { ...WATCH_PLAN, onInconclusive: 'continue' } }),
      going.world,
    );
    expect(going.now()).toBe(60_000);
    const late = simulated((at) => (at < 120_000 ? quiet(at) : healthy(at)));
    const result = await watchLoop(watchInput({ until: 60_000 }), late.world);
    expect(result.verdict.kind).toBe('pass');
    expect(late.now()).toBe(120_000);
  });

  test('a source that is gone is unavailable, and a gap in the middle is bridged', async () => {
    const gap = (at: number): Observation =>
      at > 100_000 && at < 200_000
        ? { at, unavailable: 'refused', health: { probes: 2, failures: 0 } }
        : healthy(at);
    const sim = simulated(gap);
    const result = await watchLoop(watchInput({ until: 400_000 }), sim.world);
    expect(result.verdict.kind).toBe('pass');
    expect(sim.samples.filter((s) => s.verdict.kind === 'unavailable').length).toBe(9);
  });

  test('interrupted it returns its evidence, and the next watch goes on from it', async () => {
    const bad = (at: number): Observation =>
      seen(at, counters(CANDIDATE, at / 100, at / 1000), counters(STABLE, at / 100));
    const first = simulated(bad, 15_000);
    const broken = await watchLoop(
      watchInput({
        plan: {
          ...WATCH_PLAN,
          triggers: { errorRate: { threshold: 5000, windowMs: 300_000, minRequests: 20 } },
        },
      }),
      first.world,
    );
    expect(broken.interrupted).toBe(true);
    const resumed = await watchLoop(
      watchInput({ evidence: broken.evidence }),
      simulated((at) => bad(at + 20_000)).world,
    );
    expect(resumed.verdict.kind).toBe('fail');
    expect(resumed.evidence.observations[0]?.at).toBe(0);
  });

  test('without an end it watches until it is interrupted', async () => {
    const sim = simulated(healthy, DAY);
    const { until, ...open } = watchInput();
    expect((await watchLoop(open, sim.world)).interrupted).toBe(true);
    expect(sim.now()).toBe(DAY);
  });
});
