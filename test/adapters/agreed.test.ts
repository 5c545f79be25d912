import { expect, test } from 'vitest';
import { agreed, type Pair } from '../../src/adapters/routers/agreed.js';
import type { Router, RouterState } from '../../src/domain/ports.js';

const PAIR = ['haproxy', 'nginx'].map((name) => ({ name, router: {} as Router })) as unknown as Pair;
const state = (more: Partial<RouterState> = {}): RouterState => ({
  address: 'http://127.0.0.1:1',
  shares: { blue: 10_000, green: 0 },
  members: { blue: ['http://b'], green: ['http://g'] },
  releases: { blue: 'b'.repeat(64), green: 'e'.repeat(64) },
  ...more,
});
const ONE = state();

test.each<readonly [string, Partial<RouterState>, Partial<RouterState>]>([
  ['the same', {}, {}],
  ['a slot without a share, said or not', { shares: { blue: 10_000 } }, {}],
  ['members in another order', { members: { ...ONE.members, blue: ['http://b'] } }, {}],
  [
    'shares',
    { shares: { blue: 5_000, green: 5_000 } },
    {
      shares: { blue: 7_500, green: 2_500 },
      differences: { shares: 'haproxy sends 100 % to blue, nginx sends 50 % to blue and 50 % to green' },
    },
  ],
  [
    'no shares yet',
    { shares: {} },
    {
      shares: { blue: 5_000, green: 0 },
      differences: { shares: 'haproxy sends 100 % to blue, nginx sends nobody anywhere' },
    },
  ],
  [
    'a member more',
    { members: { ...ONE.members, green: ['http://h', 'http://g'] } },
    { differences: { green: 'green has http://g at haproxy and http://h, http://g at nginx' } },
  ],
  [
    'another member',
    { members: { ...ONE.members, green: [] } },
    {
      members: { blue: ['http://b'], green: [] },
      differences: { green: 'green has http://g at haproxy and nobody at nginx' },
    },
  ],
  [
    'another release',
    { releases: { ...ONE.releases, green: 'c'.repeat(64) } },
    { differences: { green: 'green is release eeeeeeeeeeee at haproxy and release cccccccccccc at nginx' } },
  ],
  [
    'a slot that one does not know',
    { members: { blue: ['http://b'] }, releases: { blue: 'b'.repeat(64) } },
    {
      members: { blue: ['http://b'], green: [] },
      differences: { green: 'haproxy knows green, and nginx does not' },
    },
  ],
])('what two routers say is one state: %s', (_, other, said) => {
  const second = state({ ...other, address: 'http://127.0.0.1:2' });
  expect(agreed(PAIR, [ONE, second])).toEqual({ ...ONE, others: ['http://127.0.0.1:2'], ...said });
});

test('a target that one does not know, and one that neither does', () => {
  expect(agreed(PAIR, [undefined, ONE])).toEqual({
    ...ONE,
    shares: { blue: 5_000, green: 0 },
    differences: { target: 'nginx serves the target, and haproxy does not know it' },
  });
  expect(agreed(PAIR, [undefined, undefined])).toBeUndefined();
});
