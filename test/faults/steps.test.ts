import { expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/plan.js';
import { CANDIDATE, STABLE, shipDying, type Death } from './dying.js';
import { BLUE_GREEN, CANARY, HALF } from './service.js';

const OWN: Strategy = {
  ...{ kind: 'own', uses: 'own:given' },
  with: {
    steps: [
      { kind: 'shift', share: 5_000 },
      { kind: 'watch', ms: 1_000 },
      { kind: 'smoke' },
      { kind: 'shift', share: 10_000 },
    ],
  },
};

const FORWARD = {
  blue_green: [
    ['admitDeployment', STABLE],
    ['provision', STABLE],
    ['smokeTest', STABLE],
    ['shiftTraffic', CANDIDATE],
    // A promotion that has died is tried again later than a step is watched.
    ['-> deployment.promoted', CANDIDATE],
    ['watch in waiting', CANDIDATE],
    ['watch in bake', CANDIDATE],
    ['retireSlot', CANDIDATE],
    ['finishDeployment', CANDIDATE],
  ],
  canary: [
    ['during provision', STABLE],
    ['smokeTest', STABLE],
    ['shiftTraffic', HALF],
    ['watch in canary 50 %', HALF],
    ['shiftTraffic', CANDIDATE],
    ['promote', CANDIDATE],
    ['watch in bake', CANDIDATE],
    ['during retireSlot', CANDIDATE],
    ['finishDeployment', CANDIDATE],
  ],
  own: [
    ['admitDeployment', STABLE],
    ['shiftTraffic', HALF],
    ['watch in own:given 50 %', HALF],
    ['smokeTest', HALF],
    ['shiftTraffic', CANDIDATE],
    ['promote', CANDIDATE],
    ['finishDeployment', CANDIDATE],
  ],
} satisfies Record<string, readonly Death[]>;
const BACK = {
  blue_green: [
    ['undoShift', STABLE],
    ['-> deployment.demoted', STABLE],
    ['undoProvision', STABLE],
    ['finishDeployment', STABLE],
  ],
  canary: [
    ['undoShift', STABLE],
    ['undoPromote', STABLE],
    ['during undoProvision', STABLE],
    ['finishDeployment', STABLE],
  ],
  own: [
    ['undoShift', STABLE],
    ['undoProvision', STABLE],
    ['finishDeployment', STABLE],
  ],
} satisfies Record<string, readonly Death[]>;

test.concurrent.each([
  ['blue/green', BLUE_GREEN, FORWARD.blue_green],
  ['canary', CANARY, FORWARD.canary],
  ['one’s own strategy', OWN, FORWARD.own],
] as const)(
  'forward by %s, the worker killed in or after every effect',
  async (_, strategy, deaths) => {
    const { shop, ended, seen, before, failed, recorded } = await shipDying(strategy, deaths, { bad: false });
    expect(recorded).toEqual([
      'deployment.admitted',
      'deployment.promoted',
      'deployment.finished',
      'run.finished',
    ]);
    expect(ended).toMatchObject({ outcome: 'shipped' });
    await shop.serves('v2');
    expect(await shop.starts()).toEqual({ v1: 1, v2: 1 });
    const unharmed = seen.filter((s) => !/retireSlot|finishDeployment/.test(s.fault));
    expect(unharmed.map((s) => s.stable)).toEqual(unharmed.map(() => before));
    expect(failed).toBe(0);
  },
  480_000,
);

test.concurrent.each([
  ['blue/green', BLUE_GREEN, BACK.blue_green, ['deployment.promoted', 'deployment.demoted']],
  ['canary', CANARY, BACK.canary, []],
  ['one’s own strategy', OWN, BACK.own, []],
] as const)(
  'back by the rules from %s, the worker killed in or after every effect',
  async (_, strategy, deaths, records) => {
    const { shop, ended, before, recorded } = await shipDying(strategy, deaths, { bad: true });
    expect(recorded).toEqual(['deployment.admitted', ...records, 'deployment.finished', 'run.finished']);
    expect(ended, ended.reason).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v1');
    expect(await shop.instances()).toEqual(before);
    expect(await shop.starts()).toEqual({ v1: 1, v2: 1 });
    expect((await shop.state()).holdMarks.map((m) => m.version)).toEqual(['v2']);
  },
  480_000,
);
