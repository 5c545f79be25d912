import { expect, test } from 'vitest';
import { byQuarters, keptOnTheWay, returnOf, type Pace } from '../../src/domain/gradual.js';
import { FULL } from '../../src/domain/plan.js';

test.each<[number, readonly number[]]>([
  [FULL, [7_500, 5_000, 2_500]],
  [9_000, [7_500, 5_000, 2_500]],
  [7_500, [5_000, 2_500]],
  [2_500, []],
  [500, []],
  [0, []],
])('of %i users leave by quarters, and the last at once: %o', (share, kept) => {
  expect(keptOnTheWay(share)).toEqual(kept);
});

test('what is brought back gets them by quarters', () => {
  const steps = [2_500, 5_000, 7_500, FULL];
  expect(byQuarters({ stepMs: 7 })).toEqual({ kind: 'canary', steps, stepDurationMs: 7 });
});

test.each<[Pace | undefined, number | undefined, number | undefined]>([
  [undefined, undefined, undefined],
  [undefined, 7, 7],
  ['immediate', 7, undefined],
  ['gradual', 7, 7],
  ['gradual', undefined, 30_000],
])('a person who says %s, where the configuration says %s, gets %s', (pace, configured, stepMs) => {
  const rollback = configured === undefined ? {} : { rollback: { stepMs: configured } };
  expect(returnOf(pace, rollback)?.stepMs).toBe(stepMs);
});
