import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { FlagStrategy } from '../../src/domain/flags.js';
import { FULL } from '../../src/domain/plan.js';
import { CANDIDATE, STABLE, dying, recordedOf, shipDying, type Death } from './dying.js';
import { CHECKOUT, servedFlag } from './flag.js';
import { rollback } from './going-back.js';
import { ERRORS, usersOf } from './service.js';

const HALF = 5_000;
const FLAG: FlagStrategy = {
  ...{ kind: 'feature_flag', flag: 'checkout', variant: 'on' },
  ...{ steps: [HALF, FULL], stepDurationMs: 1_000 },
};
const SHIPS = { flags: [CHECKOUT], readyAfterMs: 0, stopAfterMs: 0 };
const ON = { defaultVariant: 'on' };
const OFF = { defaultVariant: 'off' };
const MANY_MS = 480_000;
/** An instance hears of a flag in less. */
const HEARD_MS = 2_000;

const FORWARD: readonly Death[] = [
  ['admitDeployment', STABLE, 0],
  ['refuseLit', STABLE, 0],
  ['provision', STABLE, 0],
  ['smokeTest', STABLE, 0],
  ['shiftTraffic', CANDIDATE, 0],
  ['watch in dark', CANDIDATE, 0],
  ['rampFlag', CANDIDATE, HALF],
  ['watch in checkout 50 %', CANDIDATE, HALF],
  ['rampFlag', CANDIDATE, FULL],
  ['promote', CANDIDATE, FULL],
  ['watch in bake', CANDIDATE, FULL],
  ['retireSlot', CANDIDATE, FULL],
  ['finishDeployment', CANDIDATE, FULL],
];
/** v2 is bad with its flag on: that is turned off, and v2 stays. Then v3 is sent back amid its ramp, to v2 in green. */
const BACK: readonly Death[] = [
  ['douseFlag', CANDIDATE, 0],
  ['promote', CANDIDATE, 0],
  ['retireSlot', CANDIDATE, 0],
  ['finishDeployment', CANDIDATE, 0],
  // First, as v2 reads the flag, too: all users have v3, which is in blue.
  ['douseFlag', STABLE, 0],
  ['undoShift', CANDIDATE, 0],
  ['undoPromote', CANDIDATE, 0],
  ['undoProvision', CANDIDATE, 0],
  ['finishDeployment', CANDIDATE, 0],
];

test.concurrent(
  'forward by a flag, the worker killed after every effect: all users have it on, and none met an error',
  async () => {
    const { lab, shop, ended, failed, recorded } = await shipDying(FLAG, FORWARD, { bad: false, ...SHIPS });
    expect(ended, ended.reason).toMatchObject({ outcome: 'shipped' });
    expect(recorded).toEqual([
      'deployment.admitted',
      'deployment.promoted',
      'deployment.finished',
      'run.finished',
    ]);
    await shop.serves('v2');
    expect([await shop.starts(), failed]).toEqual([{ v1: 1, v2: 1 }, 0]);
    const served = await servedFlag(lab, shop.name);
    expect(served).toMatchObject(ON);
    expect(served).not.toHaveProperty('targeting');
  },
  MANY_MS,
);

test.concurrent(
  'back by a flag, the worker killed after every effect: off by the rules the release stays, and by a person it goes as well',
  async () => {
    const slower = { ...FLAG, stepDurationMs: 5_000 };
    const { lab, shop, as, allDied } = await dying(slower, BACK, SHIPS);
    const off = async (): Promise<void> => {
      const served = await servedFlag(lab, shop.name);
      expect(served).toMatchObject(OFF);
      expect(served).not.toHaveProperty('targeting');
    };
    await lab.worker.arm();
    const traffic = await usersOf(shop);
    const bad = { variables: { BAD_FLAG: CHECKOUT.name }, bakeMs: 60_000, watch: ERRORS };
    const ended = await shop.ship('v2', { ...as, ...bad });
    const over = Date.now();
    expect(ended.outcome, ended.reason).toBe('rolled_back');
    expect(ended.reason).toMatch(/^checkout is off again, and v2 stays, dark: /);
    await shop.serves('v2');
    await off();
    expect((await shop.state()).holdMarks.map((m) => m.version)).toEqual(['v2']);
    expect(await recordedOf(shop, 'v2')).toEqual([
      'deployment.admitted',
      'deployment.promoted',
      'deployment.finished',
      'run.finished',
    ]);

    const run = await shop.begin('v3', as);
    await shop.phase(3, (view) => view.timeline.some(({ what }) => what.startsWith('watching checkout')));
    const asked = Date.now();
    expect(await rollback(lab, shop)).toMatchObject({ status: 'running' });
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v2');
    await off();
    expect(await shop.starts()).toEqual({ v1: 1, v2: 1, v3: 1 });
    await allDied();
    // What an instance hears of a flag comes from the worker, which was killed as soon as it had turned it off.
    await sleep(HEARD_MS);
    const heard = Date.now();
    await sleep(HEARD_MS);
    await traffic.stop();
    const of = (version: string, from: number, to: number) => traffic.between(from, to).get(version);
    expect(traffic.between(asked, Infinity).get('v3')?.failed).toBe(0);
    for (const [from, to, version] of [
      [over, asked, 'v3'],
      [heard, Infinity, 'v2'],
    ] as const) {
      const all = [...traffic.between(from, to).values()];
      expect(all.reduce((n, { failed }) => n + failed, 0)).toBe(0);
      expect(of(version, from, to)?.requests).toBeGreaterThan(0);
    }
  },
  MANY_MS,
);
