import { describe, expect, test } from 'vitest';
import { watching, type Watched } from '../../../src/cli/report/watched.js';
import { watchLoop } from '../../../src/domain/watch-loop.js';
import type { Sample } from '../../../src/domain/watching.js';
import { CANDIDATE, STABLE, counters, seen, simulated, watchInput } from '../../support/watching.js';

const DAY = 86_400_000;
const sample = (seconds: number, more: Partial<Sample> = {}): Sample => ({
  ...{ deployment: 'd', phase: 'bake', trigger: 'error_rate', value: '1 of 100', limit: '5 %' },
  at: new Date(seconds * 1_000).toISOString(),
  verdict: { kind: 'pass', reason: 'fine' },
  measured: { value: 0.01, of: 100 },
  ...more,
});
const of = (samples: readonly Sample[], mostFolds = 100): Watched => {
  const watch = watching(mostFolds);
  samples.forEach(watch.add);
  return watch.end();
};
const kind = (k: Sample['verdict']['kind']): Pick<Sample, 'verdict'> => ({ verdict: { kind: k, reason: k } });

describe('folds', () => {
  test('samples of one trigger and phase with the same verdict are one; every change is another', () => {
    const { folds, samples, verdicts } = of([
      sample(0, { value: '0 of 10' }),
      sample(0, { trigger: 'response_time', ...kind('inconclusive') }),
      sample(10, { value: '1 of 20' }),
      sample(20, kind('fail')),
      sample(30),
      sample(40, { phase: 'canary 50 %' }),
    ]);
    expect(samples).toBe(6);
    expect(verdicts).toEqual({ pass: 4, fail: 1, inconclusive: 1, unavailable: 0 });
    const told = folds.map((f) => [
      f.trigger,
      f.phase,
      f.verdict,
      f.samples,
      f.from.slice(17, 19),
      f.to.slice(17, 19),
    ]);
    expect(told).toEqual([
      ['error_rate', 'bake', 'pass', 2, '00', '10'],
      ['response_time', 'bake', 'inconclusive', 1, '00', '00'],
      ['error_rate', 'bake', 'fail', 1, '20', '20'],
      ['error_rate', 'bake', 'pass', 1, '30', '30'],
      ['error_rate', 'canary 50 %', 'pass', 1, '40', '40'],
    ]);
    expect(folds[0]).toMatchObject({ first: '0 of 10', last: '1 of 20', limit: '5 %', reason: 'fine' });
  });

  test('a verdict that changes all the time leaves the first half and the last, and says how many are missing', () => {
    const flapping = Array.from({ length: 1_001 }, (_, i) =>
      sample(i, kind(i % 2 === 0 ? 'pass' : 'unavailable')),
    );
    const steady = flapping.map((s) => ({ ...sample(0, { trigger: 'health_check_failures' }), at: s.at }));
    const { folds, foldsLeftOut } = of(flapping.flatMap((s, i) => [s, steady[i] ?? s]));
    expect([folds.length, foldsLeftOut]).toEqual([100, 1_002 - 100]);
    expect(folds.find((f) => f.trigger === 'health_check_failures')?.samples).toBe(1_001);
    expect(folds.at(-1)?.from).toBe(flapping.at(-1)?.at);
    expect(folds.map((f) => f.from)).toEqual(folds.map((f) => f.from).toSorted());
  });

  test('what a stranger answered is cut', () => {
    const [fold] = of([sample(0, { verdict: { kind: 'unavailable', reason: 'x'.repeat(9_000) } })]).folds;
    expect(fold?.reason).toHaveLength(300);
  });
});

describe('points', () => {
  test('each look is one while they are few, with the numbers of candidate and stable', () => {
    const { series } = of([sample(0), sample(10, { measured: { value: 0.5, of: 9, stable: 0.1 } })]);
    expect(series.error_rate).toMatchObject([
      { least: 0.01, most: 0.01, of: 100, worst: 'pass' },
      { least: 0.5, most: 0.5, of: 9, stable: 0.1 },
    ]);
    expect(series.response_time).toBeUndefined();
  });

  test('days of looks are a few hundred, none of which is lost, and neither is a single bad one', () => {
    const looks = (2 * DAY) / 10_000;
    const all = Array.from({ length: looks }, (_, i) =>
      sample(i * 10, i === 13_337 ? { measured: { value: 0.9, of: 5 }, ...kind('fail') } : {}),
    );
    const points = of(all).series.error_rate ?? [];
    expect(points.length).toBeLessThanOrEqual(240);
    expect(points.length).toBeGreaterThan(110);
    expect(points.reduce((n, p) => n + p.samples, 0)).toBe(looks);
    expect(points.filter((p) => p.worst === 'fail')).toMatchObject([{ least: 0.01, most: 0.9 }]);
    expect([points[0]?.from, points.at(-1)?.to]).toEqual([all[0]?.at, all.at(-1)?.at]);
  });

  test('samples of before numbers were kept have their verdict, and no number is made of their words', () => {
    const { measured, ...before } = sample(0);
    expect(measured).toBeDefined();
    const { series } = of([before]);
    expect(series.error_rate).toEqual([{ from: before.at, to: before.at, samples: 1, worst: 'pass' }]);
  });

  test('slower than the source can tell is beyond, and no requests are not', () => {
    const slow = sample(0, { trigger: 'response_time', measured: { of: 10 } });
    expect(of([slow]).series.response_time).toMatchObject([{ beyond: true }]);
    const none = sample(0, { trigger: 'response_time', measured: { of: 0 } });
    expect(of([none]).series.response_time?.[0]).not.toHaveProperty('beyond');
  });
});

test('what a watch keeps has its numbers', async () => {
  const sim = simulated((ms) =>
    seen(ms, counters(CANDIDATE, ms / 10, ms / 200, ms / 10), counters(STABLE, ms / 10)),
  );
  await watchLoop(watchInput({ until: 10_000 }), sim.world);
  const [health, errors, latency] = sim.samples.slice(-3).map((s) => [s.trigger, s.value, s.measured]);
  expect(health).toEqual(['health_check_failures', '0 of 4', { value: 0, of: 4 }]);
  expect(errors).toEqual(['error_rate', '50 of 1000', { value: 0.05, of: 1_000, stable: 0 }]);
  expect(latency).toEqual(['response_time', 'p95 ≤ ∞ ms', { of: 1_000, stable: 100 }]);
});
