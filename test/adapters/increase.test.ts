import { expect, test } from 'vitest';
import { increase } from '../../src/adapters/metrics/increase.js';

test.each([
  ['nothing', [], 0, 0],
  ['before it', [[1, 5]], 0, 5],
  [
    'a baseline',
    [
      [1, 5],
      [2, 9],
    ],
    1,
    4,
  ],
  [
    'a new start',
    [
      [1, 5],
      [2, 3],
      [3, 4],
    ],
    1,
    4,
  ],
  ['a new series', [[2, 7]], 1, 7],
  [
    'what comes after',
    [
      [1, 5],
      [9, 50],
    ],
    1,
    0,
  ],
  [
    'two new starts',
    [
      [1, 5],
      [2, 1],
      [3, 0],
      [4, 2],
    ],
    1,
    3,
  ],
] as const)('increase: %s', (_, pairs, since, sum) => {
  const samples = pairs.map(([at, value]) => ({ at, value }));
  expect(increase([{ labels: {}, samples }], since === 0 ? undefined : since, 5)).toBe(sum);
});
