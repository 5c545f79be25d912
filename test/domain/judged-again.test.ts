import { expect, test } from 'vitest';
import { judgingAgain } from '../../src/domain/judged-again.js';
import { watchLoop } from '../../src/domain/watch-loop.js';
import type { WatchPlan } from '../../src/domain/watch-plan.js';
import type { Sample } from '../../src/domain/watching.js';
import { CANDIDATE, STABLE, WATCH_PLAN, counters, seen, simulated, watchInput } from '../support/watching.js';

/** Ten requests a second, and of the candidate's one in fifty fails from the second minute on. */
const slowlyWorse = (at: number) =>
  seen(at, counters(CANDIDATE, at / 100, Math.max(0, (at - 60_000) / 5_000)), counters(STABLE, at / 100));
async function recorded(until: number): Promise<readonly Sample[]> {
  const sim = simulated(slowlyWorse);
  await watchLoop(watchInput({ phase: 'canary 5 %', until, share: 500 }), sim.world);
  return sim.samples;
}
const again = (samples: readonly Sample[], plan: WatchPlan) => {
  const judging = judgingAgain(plan, { candidate: CANDIDATE.release, stable: STABLE.release });
  for (const sample of samples) judging.add(sample);
  return judging.end();
};
const errors = (threshold: number, windowMs: number): WatchPlan => ({
  ...WATCH_PLAN,
  triggers: { errorRate: { threshold, windowMs, minRequests: 20 } },
});

test('by its own rules it says what was said', async () => {
  const samples = await recorded(300_000);
  expect(again(samples, WATCH_PLAN)).toEqual({
    ...{ looks: 31, from: '1970-01-01T00:00:00.000Z', to: '1970-01-01T00:05:00.000Z' },
    // The first look has seen no request.
    verdicts: { pass: 30, fail: 0, inconclusive: 1, unavailable: 0 },
    doubtful: [],
  });
});

test('health checks that failed of both are judged with both again', async () => {
  const sim = simulated((at) => ({
    ...slowlyWorse(0),
    ...{ at, health: { probes: 1, failures: 1 }, stableHealth: { probes: 2, failures: 2 } },
  }));
  await watchLoop(watchInput({ until: 60_000, plan: { ...WATCH_PLAN, stepTimeoutMs: 0 } }), sim.world);
  const limits: WatchPlan = {
    ...WATCH_PLAN,
    triggers: { healthCheckFailures: { threshold: 2, windowMs: 120_000 } },
  };
  expect(again(sim.samples, limits)).toMatchObject({ looks: 7, verdicts: { fail: 0, inconclusive: 6 } });
});

test('by others it says what they would have decided, when, and judges nothing after it', async () => {
  const found = again(await recorded(300_000), errors(100, 60_000));
  expect(found).toMatchObject({
    failed: {
      at: '1970-01-01T00:01:40.000Z',
      phase: 'canary 5 %',
      reason: 'error rate 8 of 600 (limit 1 %)',
    },
    looks: 11,
  });
});

test('a phase that ends in doubt is named', async () => {
  const few: WatchPlan = {
    ...WATCH_PLAN,
    triggers: { errorRate: { threshold: 500, windowMs: 60_000, minRequests: 100_000 } },
  };
  const samples = await recorded(60_000);
  const bake = samples.map((s) => ({ ...s, phase: 'bake' }));
  expect(again([...samples, ...bake], few).doubtful.map(({ phase }) => phase)).toEqual([
    'canary 5 %',
    'bake',
  ]);
});

test('looks at what users return to are not those of the release that they leave', async () => {
  const samples = await recorded(300_000);
  const returning = samples.map((s) => ({ ...s, phase: 'returning' }));
  expect(again([...samples, ...returning], WATCH_PLAN)).toEqual(again(samples, WATCH_PLAN));
  expect(again(returning, errors(100, 60_000))).toMatchObject({ looks: 0 });
});

test('samples of before looks were kept are none', async () => {
  const old = (await recorded(60_000)).map(({ look: _, ...sample }) => sample);
  expect(again(old, WATCH_PLAN)).toMatchObject({ looks: 0, doubtful: [] });
});

test('every look is kept, also when the source answers with what it counted before', async () => {
  const probes = { probes: 1, failures: 1 };
  const sim = simulated((at) => ({ ...slowlyWorse(0), ...(at > 0 ? { health: probes } : {}) }));
  await watchLoop(watchInput({ until: 60_000 }), sim.world);
  // As the store keeps them.
  const keys = sim.samples.map(({ phase, at, trigger }) => `${phase} ${at} ${trigger}`);
  const kept = sim.samples.filter((_, i) => keys.indexOf(keys[i] ?? '') === i);
  expect(again(kept, WATCH_PLAN)).toMatchObject({ looks: 4, failed: { at: '1970-01-01T00:00:30.000Z' } });
});
