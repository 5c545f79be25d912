import { describe, expect, test } from 'vitest';
import { windowOf } from '../../src/domain/window.js';
import type { WatchPlan } from '../../src/domain/watch-plan.js';
import { kept, watchLoop } from '../../src/domain/watch-loop.js';
import { EVIDENCE_LIMIT, type Observation } from '../../src/domain/watching.js';
import {
  CANDIDATE,
  STABLE,
  WATCH_PLAN,
  atRisk,
  counters,
  seen,
  simulated,
  watchInput,
} from '../support/watching.js';

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

  describe('that looks more often than evidence is kept', () => {
    const HOUR = 3_600_000;
    const { triggers } = WATCH_PLAN;
    const responseTime = { p95ThresholdMs: 2000, windowMs: 6 * HOUR, minRequests: 20 };
    const beside: WatchPlan = { ...WATCH_PLAN, triggers: { ...triggers, responseTime } };

    test.each<[string, WatchPlan, number, readonly number[]]>([
      ['often', { ...WATCH_PLAN, intervalMs: 1_000 }, HOUR, [120_000, 300_000]],
      ['with a long window beside', beside, 12 * HOUR, [120_000, 300_000, 6 * HOUR]],
    ])('%s: every window is judged whole, and little more', async (_, plan, until, windows) => {
      const sim = simulated(healthy);
      const { evidence } = await watchLoop(watchInput({ plan, until }), sim.world);
      expect(evidence.observations).toHaveLength(EVIDENCE_LIMIT);
      for (const windowMs of windows) {
        const judged = sim.beats
          .filter(({ observations }) => (observations.at(-1)?.at ?? 0) > windowMs)
          .map(({ observations }) => windowOf(observations, windowMs, CANDIDATE).requests);
        expect(Math.min(...judged)).toBeGreaterThanOrEqual(windowMs / 100);
        expect(Math.max(...judged)).toBeLessThanOrEqual((1.15 * windowMs) / 100);
      }
    });

    test('probes that failed long ago are not counted in a short window', async () => {
      // One of them every 4 minutes: never 3 within 2.
      const sim = simulated((at) => ({
        ...healthy(at),
        health: { probes: 2, failures: at % 240_000 === 0 ? 1 : 0, note: 'refused' },
      }));
      const { verdict } = await watchLoop(watchInput({ plan: beside, until: 12 * HOUR }), sim.world);
      expect(verdict.kind).toBe('pass');
    });

    test('an error rate that jumps is told as soon as without a long window', async () => {
      const jump = 10 * HOUR;
      const endWith = async (plan: WatchPlan): Promise<number> => {
        const sim = simulated((at) =>
          seen(
            at,
            counters(CANDIDATE, at / 100, Math.max(0, (at - jump) / 1_000)),
            counters(STABLE, at / 100),
          ),
        );
        await watchLoop(watchInput({ plan, until: 12 * HOUR }), sim.world);
        return sim.now();
      };
      expect(await endWith(beside)).toBeLessThanOrEqual((await endWith(WATCH_PLAN)) + 2 * beside.intervalMs);
    });
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

  test('nothing passes by counters of before its step, and what they say against it counts', async () => {
    const before = seen(-60_000, counters(CANDIDATE, 0), counters(STABLE, 0));
    const renewed = (errors: number) => (at: number) =>
      seen(at < 90_000 ? -1 : at, counters(CANDIDATE, 1_000, errors), counters(STABLE, 1_000));
    const evidence = { observations: [before] };
    const sim = simulated(renewed(0));
    const { verdict } = await watchLoop(watchInput({ until: 30_000, evidence }), sim.world);
    expect([verdict.kind, sim.now()]).toEqual(['pass', 90_000]);
    const old = sim.samples.filter(({ trigger }) => trigger === 'source');
    expect(old.map((s) => s.verdict.kind)).toEqual(Array.from({ length: 9 }, () => 'inconclusive'));
    expect(old[0]?.verdict.reason).toBe('the newest counters are of before this step began');
    const bad = await watchLoop(watchInput({ evidence }), simulated(renewed(500)).world);
    expect(bad.verdict.kind).toBe('fail');
  });

  test('the first sample of each look has what was seen', async () => {
    const sim = simulated(healthy);
    await watchLoop(watchInput({ until: 30_000, share: 500 }), sim.world);
    const looks = sim.samples.flatMap(({ look }) => look ?? []);
    expect(looks).toEqual(
      [0, 10_000, 20_000, 30_000].map((at) => ({
        observation: healthy(at),
        ...{ candidate: CANDIDATE.slot, share: 500, from: 0 },
      })),
    );
  });

  test('what is compared goes on in the next phase, from what this one knew', async () => {
    const plan = { ...WATCH_PLAN, triggers: { comparison: { alpha: 100, tolerance: 10, minRequests: 20 } } };
    // Three errors more at each look, of as many requests as stable has; three looks are not enough, four are.
    const worse = (at: number): Observation =>
      seen(at, atRisk(counters(CANDIDATE, at / 200, (3 * at) / 10_000)), atRisk(counters(STABLE, at / 20)));
    const first = await watchLoop(watchInput({ plan, share: 1_000, until: 10_000 }), simulated(worse).world);
    expect(first.verdict.kind).toBe('pass');
    const next = watchInput({ plan, share: 2_000, evidence: first.evidence, from: 10_000 });
    const later = simulated((at) => worse(at + 20_000));
    const { verdict } = await watchLoop(next, later.world);
    expect([verdict.kind, later.now()]).toEqual(['fail', 0]);
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

  describe.each([
    ['a new epoch', 'e2'],
    ['counters that fell', 'e1'],
  ])('a reset, told by %s', (_, epoch) => {
    const reset = 205_500;
    /** 10 requests a second, and each so-manyth of them an error, counted anew from the reset on. */
    const restarted =
      (errors: { readonly before: number; readonly after: number }) =>
      (at: number): Observation => {
        const requests = Math.floor((at < reset ? at : at - reset) / 100);
        const every = at < reset ? errors.before : errors.after;
        const of = [requests, Math.floor(requests / every), 0, at < reset ? 'e1' : epoch] as const;
        return seen(at, counters(CANDIDATE, ...of), counters(STABLE, requests, 0, 0, of[3]));
      };

    test.each([
      [10_000, 2000 + 945, 20 + 9],
      // So many looks that evidence is thinned.
      [1_000, 2050 + 945, 20 + 9],
    ])(
      'looked at every %i ms it neither invents nor loses what was counted',
      async (intervalMs, all, bad) => {
        const sim = simulated(restarted({ before: 100, after: 100 }));
        const plan = { ...WATCH_PLAN, intervalMs };
        const result = await watchLoop(watchInput({ plan, until: 300_000 }), sim.world);
        expect(result.verdict.kind).toBe('pass');
        const rates = sim.samples.filter((s) => s.trigger === 'error_rate').map((s) => s.value);
        expect(rates.at(-1)).toBe(`${String(bad)} of ${String(all)}`);
        expect(sim.samples.filter((s) => s.verdict.kind === 'fail')).toEqual([]);
      },
    );

    test('does not hide what turns bad with it', async () => {
      const sim = simulated(restarted({ before: Infinity, after: 10 }));
      const result = await watchLoop(watchInput({ until: DAY }), sim.world);
      expect(result.verdict.kind).toBe('fail');
      expect(sim.now()).toBe(360_000);
    });
  });

  test('a look that is left out takes no counters to another instant', () => {
    const silent = (at: number): Observation => ({
      at,
      unavailable: 'gone',
      health: { probes: 1, failures: 0 },
    });
    const looks = Array.from({ length: EVIDENCE_LIMIT + 1 }, (_, i) =>
      i % 2 === 0 ? seen(i * 1_000, counters(CANDIDATE, i)) : silent(i * 1_000),
    );
    const left = kept(WATCH_PLAN, looks);
    expect(left).toHaveLength(EVIDENCE_LIMIT);
    const counted = left.flatMap(({ at, counters: of }) => (of === undefined ? [] : [[at, of[0]?.requests]]));
    expect(counted).toEqual(counted.map(([at = 0]) => [at, at / 1_000]));
    expect(left.reduce((sum, { health }) => sum + health.probes, 0)).toBe(
      looks.reduce((sum, { health }) => sum + health.probes, 0),
    );
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
