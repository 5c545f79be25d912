import { describe, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import {
  nextShare,
  unsteerable,
  wrongShare,
  type Steerable,
  type Steering,
} from '../../src/domain/steering.js';

const CANARY: Steerable = {
  ...{ kind: 'deploy', raises: 'users', share: 500, forward: true, asking: false, paused: false },
  wait: 'canary 5 %',
};

describe('a deployment takes', () => {
  test.each<[Steering, Partial<Steerable>, number?]>([
    ['pause', {}],
    ['pause', { share: 0 }],
    ['skip', {}],
    ['skip', { paused: true }],
    ['skip', { wait: 'bake', share: FULL, raises: 'nothing' }],
    ['promote', {}],
    ['promote', { paused: true }],
    ['promote', {}, 600],
    ['promote', { raises: 'flag' }],
  ])('%s (%o, to %s)', (verb, of, to) => {
    expect(unsteerable({ ...CANARY, ...of }, verb, to)).toBeUndefined();
  });

  test.each<[string, Steering, Partial<Steerable>, number?]>([
    ['it is paused already', 'pause', { paused: true }],
    ['it brings back what served before, which has no steps', 'pause', { kind: 'rollback' }],
    ['it brings back what served before, which has no steps', 'skip', { kind: 'recover' }],
    ['it is not on its way forward any more', 'pause', { forward: false }],
    ['it asks what is to become of it: approve or reject', 'skip', { asking: true }],
    ['all users are with it already', 'promote', { share: FULL, wait: 'bake' }],
    ['its strategy moves all users at once', 'promote', { raises: 'nothing', share: 0 }],
    ['no user is with it yet: what has not been watched at all is not promoted', 'promote', { share: 0 }],
    ['5 % of the users are with it already', 'promote', {}, 500],
    [
      'no user has its flag on yet: what has not been watched at all is not promoted',
      ...(['promote', { raises: 'flag', share: 0 }] as const),
    ],
    ['5 % of the users have its flag on already', 'promote', { raises: 'flag' }, 500],
    ['all users have its flag on already', 'promote', { raises: 'flag', share: FULL }],
  ])('not, because %s: %s', (why, verb, of, to) => {
    expect(unsteerable({ ...CANARY, ...of }, verb, to)).toBe(why);
  });

  test('no skip when it waits for nothing', () => {
    const { wait: _, ...busy } = CANARY;
    expect(unsteerable(busy, 'skip', undefined)).toBe('it waits for nothing that could be skipped');
  });
});

test.each<[number | undefined, number, number | undefined, readonly number[]]>([
  [500, 0, undefined, [500, 2500, FULL]],
  [2500, 500, undefined, [500, 2500, FULL]],
  [undefined, FULL, undefined, [500, 2500, FULL]],
  [FULL, 500, FULL, [500, 2500, FULL]],
  [1000, 500, 1000, [500, 2500, FULL]],
  [2500, 1000, undefined, [500, 2500, FULL]],
  [2500, 1000, 800, [500, 2500, FULL]],
])('next is %s after %s, wanted %s, of %o', (next, share, wanted, steps) => {
  expect(nextShare(steps, share, wanted)).toBe(next);
});

test.each([0, -1, 1.5, FULL + 1, Number.NaN])('%s is no share to promote to', (to) => {
  expect(wrongShare({ verb: 'promote', to })).toBe('a share is a whole number from 1 to 10000');
});
test('only a promotion names a share', () => {
  expect(wrongShare({ verb: 'skip', to: 500 })).toBe('only promote names a share');
  expect(wrongShare({ verb: 'skip' })).toBeUndefined();
  expect(wrongShare({ verb: 'promote', to: FULL })).toBeUndefined();
});
