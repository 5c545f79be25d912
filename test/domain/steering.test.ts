import { describe, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import {
  nextShare,
  overtaken,
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
    ['promote', {}, 499],
    ['promote', { paused: true }, 1],
    ['promote', { raises: 'flag' }, 100],
    ['promote', { raises: 'instances' }, 600],
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
    ['5 % of the users are with it already', 'promote', { raises: 'instances' }, 499],
    ['5 % of the users are with it already', 'promote', { raises: 'instances' }, 500],
    ['its strategy moves all users at once', 'promote', { raises: 'nothing', share: 0 }, 499],
    ['it brings back what served before, which has no steps', 'promote', { kind: 'rollback' }, 499],
    [
      'all users are with it already, which shipway rollback takes back',
      ...(['promote', { share: FULL, wait: 'bake' }, 500] as const),
    ],
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
  [800, 1000, 800, [500, 2500, FULL]],
  [100, 2500, 100, [500, 2500, FULL]],
  [500, 100, undefined, [500, 2500, FULL]],
  [2500, 500, 500, [500, 2500, FULL]],
  [undefined, FULL, FULL, [500, 2500, FULL]],
])('next is %s after %s, wanted %s, of %o', (next, share, wanted, steps) => {
  expect(nextShare(steps, share, wanted)).toBe(next);
});

test.each<[number, number, number, string | undefined]>([
  [500, 500, 1_000, undefined],
  [500, 800, 1_000, undefined],
  [500, 2_500, 1_000, 'its share has become 25 % meanwhile'],
  [2_500, 2_500, 1_000, undefined],
  [2_500, 5_000, 1_000, undefined],
  [2_500, 500, 1_000, 'its share has become 5 % meanwhile'],
])('seen at %s and at %s by now, a promotion to %s is overtaken: %s', (seen, share, to, why) => {
  expect(overtaken(seen, share, to)).toBe(why);
});

test('no user at all is no share to promote to, and what there is for that is named', () => {
  expect(wrongShare({ verb: 'promote', to: 0 })).toBe(
    'no user at all is no share: try shipway rollback or shipway abort to send all of them back, shipway pause to let it go no further',
  );
});
test.each([-1, 1.5, FULL + 1, Number.NaN])('%s is no share to promote to', (to) => {
  expect(wrongShare({ verb: 'promote', to })).toBe('a share is a whole number from 1 to 10000');
});
test('only a promotion names a share', () => {
  expect(wrongShare({ verb: 'skip', to: 500 })).toBe('only promote names a share');
  expect(wrongShare({ verb: 'skip' })).toBeUndefined();
  expect(wrongShare({ verb: 'promote', to: FULL })).toBeUndefined();
});
