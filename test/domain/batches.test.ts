import { describe, expect, test } from 'vitest';
import { batchText, batchesOf } from '../../src/domain/batches.js';
import { FULL } from '../../src/domain/plan.js';

/** `from→to` of the candidate, `from→to` of stable, shares meanwhile and after. */
const rows = (candidate: number, stable: number, size: number): readonly string[] =>
  batchesOf(candidate, stable, size).map(
    ({ from, to, stable: s, shares }) =>
      `${String(from)}→${String(to)} ${String(s.from)}→${String(s.to)} ${String(shares.meanwhile)} ${String(shares.after)}`,
  );

describe('batches', () => {
  test.each([
    [6, 6, 2, ['0→2 6→4 0 3333', '2→4 4→2 5000 6666', '4→6 2→0 10000 10000']],
    [5, 5, 2, ['0→2 5→3 0 4000', '2→4 3→1 6666 8000', '4→5 1→0 10000 10000']],
    [2, 2, 1, ['0→1 2→1 0 5000', '1→2 1→0 10000 10000']],
    [3, 3, 2, ['0→2 3→1 0 6666', '2→3 1→0 10000 10000']],
    [4, 2, 2, ['0→2 2→1 0 6666', '2→4 1→0 10000 10000']],
    [2, 6, 1, ['0→1 6→3 0 2500', '1→2 3→0 10000 10000']],
  ])('of %i instances for %i, %i at a time', (candidate, stable, size, expected) => {
    expect(rows(candidate, stable, size)).toEqual(expected);
  });

  test('somebody serves always, shares only grow, and no more run than the larger of the two has', () => {
    for (let candidate = 2; candidate <= 12; candidate++)
      for (const stable of [1, 2, 3, candidate, candidate + 1, 3 * candidate])
        for (let size = 1; size < candidate; size++) {
          let [share, running, left] = [0, 0, stable];
          for (const batch of batchesOf(candidate, stable, size)) {
            expect([batch.from, batch.stable.from]).toEqual([running, left]);
            ({ to: left } = batch.stable);
            const { meanwhile, after } = batch.shares;
            expect(batch.from + left).toBeGreaterThan(0);
            expect(meanwhile).toBeGreaterThanOrEqual(share);
            expect(after).toBeGreaterThanOrEqual(meanwhile);
            // Users are sent to whoever serves, and to nobody else.
            expect(meanwhile === 0).toBe(batch.from === 0);
            expect(meanwhile === FULL).toBe(left === 0);
            [share, running] = [after, batch.to];
            expect(running + left).toBeLessThanOrEqual(Math.max(candidate, stable));
          }
          expect([share, running, left]).toEqual([FULL, candidate, 0]);
        }
  });

  test('are named by their instances', () => {
    expect(batchesOf(5, 5, 2).map(batchText)).toEqual(['1 to 2 of 5', '3 to 4 of 5', '5 of 5']);
  });
});
