import { expect, test } from 'vitest';
import { BUCKETS, bucketOf, slotOfBucket } from '../../src/domain/buckets.js';

// Hashes by another implementation (Python's xxhash, seed 0) over `salt:key`.
test.each([
  ['', '', 3378894868],
  ['s', 'a', 647256761],
  ['deployment-1', 'user-1', 316205309],
  ['deployment/storefront/production/7', '0a1b2c3d4e5f60718293a4b5c6d7e8f9', 3221332156],
  ['salt', 'zoë Müller', 3631870344],
  ['salt', '日本語のユーザー', 3200293208],
  ['salt', '😀😀😀😀😀', 444563476],
  ['x', '1234567890'.repeat(30), 272374431],
])('%s:%s falls where every XXH32 puts it', (salt, key, hash) => {
  expect(bucketOf(salt, key)).toBe(hash % BUCKETS);
});

test.each([
  ['running numbers', (n: number) => String(n)],
  ['addresses', (n: number) => `user${String(n)}@example.com`],
  [
    'long ids that differ at the end',
    (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  ],
])('%s spread evenly over the buckets (chi-square, 99 degrees of freedom, p = 0.001)', (_what, key) => {
  const groups = Array.from({ length: 100 }, () => 0);
  const users = 100_000;
  for (let n = 0; n < users; n++) {
    const group = Math.floor(bucketOf('deployment/shop/production/3', key(n)) / 100);
    groups[group] = (groups[group] ?? 0) + 1;
  }
  const expected = users / groups.length;
  const chi = groups.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(chi).toBeLessThan(148.2);
  expect(chi).toBeGreaterThan(61.1);
});

test('another salt draws other users', () => {
  const chosen = (salt: string): Set<number> =>
    new Set(Array.from({ length: 20_000 }, (_, n) => n).filter((n) => bucketOf(salt, String(n)) < 1_000));
  const [first, second] = [chosen('d/1'), chosen('d/2')];
  const both = [...first].filter((n) => second.has(n)).length;
  expect(both / first.size).toBeGreaterThan(0.07);
  expect(both / first.size).toBeLessThan(0.13);
});

const sharesOf = (blue: number, green: number): Map<string, number> => new Map([['blue', blue], ['green', green]]); // prettier-ignore

test.each(['blue', 'green'])('a growing share of candidate %s only adds users', (candidate) => {
  let had = new Set<number>();
  for (const share of [0, 1, 100, 500, 2_500, 5_000, 9_999, 10_000]) {
    const shares = candidate === 'blue' ? sharesOf(share, BUCKETS - share) : sharesOf(BUCKETS - share, share);
    const has = new Set(
      Array.from({ length: BUCKETS }, (_, b) => b).filter(
        (b) => slotOfBucket(shares, candidate, b) === candidate,
      ),
    );
    expect(has.size).toBe(share);
    expect([...had].filter((b) => !has.has(b))).toEqual([]);
    had = has;
  }
});

test('with more slots the candidate is first and the others follow by name, in whatever order they are listed', () => {
  const shares = new Map([['3', 3_000], ['1', 2_000], ['2', 5_000]]); // prettier-ignore
  const at = (bucket: number): string | undefined => slotOfBucket(shares, '2', bucket);
  expect([at(0), at(4_999), at(5_000), at(6_999), at(7_000), at(9_999)]).toEqual([
    '2',
    '2',
    '1',
    '1',
    '3',
    '3',
  ]);
});

test('shares that do not reach the bucket give no slot', () => {
  expect(slotOfBucket(new Map([['blue', 10]]), 'blue', 10)).toBeUndefined();
});
