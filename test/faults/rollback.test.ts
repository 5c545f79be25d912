import { expect, test } from 'vitest';
import type { Share } from '../../src/domain/plan.js';
import { until } from '../gateway/lab.js';
import { CANDIDATE, STABLE, dying, recordedOf, type Death } from './dying.js';
import { rollback } from './going-back.js';
import { BLUE_GREEN, usersOf } from './service.js';
import { nextShips } from './terminating.js';

const MANY_MS = 480_000;
/** v2 is in green, and v1 comes back to blue. */
const kept = (share: Share) => ({ blue: 10_000 - share, green: share });

const AT_ONCE: readonly Death[] = [
  ['admitDeployment', CANDIDATE],
  ['provision', CANDIDATE],
  ['smokeTest', CANDIDATE],
  ['shiftTraffic', STABLE],
  ['promote', STABLE],
  ['retireSlot', STABLE],
  ['finishDeployment', STABLE],
];
const EMERGENCY: readonly Death[] = [
  ['openIncident', CANDIDATE],
  ['provision', CANDIDATE],
  ['shiftTraffic', STABLE],
  ['-> deployment.promoted', STABLE],
  ['finishDeployment', STABLE],
  ['verifyServing', STABLE],
  ['closeIncident', STABLE],
];
const BY_QUARTERS: readonly Death[] = [
  ['shiftTraffic', kept(7_500)],
  ['watch in rollback 25 %', kept(7_500)],
  ['shiftTraffic', kept(5_000)],
  ['shiftTraffic', kept(2_500)],
  ['shiftTraffic', STABLE],
];
const SLOWLY_BACK: readonly Death[] = [
  ['undoShift', kept(7_500)],
  ['watch in returning', kept(7_500)],
  ['undoShift', kept(5_000)],
  ['undoShift', kept(2_500)],
  ['undoShift', STABLE],
  ['undoPromote', STABLE],
  ['undoProvision', STABLE],
  ['finishDeployment', STABLE],
];
const GRADUALLY = { rollback: { stepMs: 1_000 } };

/** Nobody met an error since then. */
async function unharmed(traffic: Awaited<ReturnType<typeof usersOf>>): Promise<void> {
  await traffic.stop();
  const counts = [...traffic.between(0, Infinity).values()];
  expect(counts.reduce((n, { failed }) => n + failed, 0)).toBe(0);
}

test.concurrent.each([
  ['at once', AT_ONCE, {}, {}],
  ['in an emergency', EMERGENCY, { emergency: { severity: 'error' } }, {}],
  ['by quarters', BY_QUARTERS, {}, GRADUALLY],
] as const)(
  'a release that has shipped is taken back %s, the worker killed in or after every effect',
  async (_, deaths, how, shipped) => {
    const { lab, shop, as, allDied } = await dying(BLUE_GREEN, deaths, {});
    expect(await shop.ship('v2', { ...as, ...shipped })).toMatchObject({ outcome: 'shipped' });
    await lab.worker.arm();
    const traffic = await usersOf(shop);
    // Its worker may die of it before it can say so.
    await rollback(lab, shop, how).catch(() => undefined);
    await allDied();
    await shop.phase(3, (view) => view.phase === 'done');
    await until(async () => (await shop.state()).knownGood?.release.version === 'v1', 30_000, 100);
    await shop.serves('v1');
    await unharmed(traffic);
    expect(await shop.starts()).toEqual({ v1: 2, v2: 1 });
    expect((await recordedOf(shop, 'v1')).slice(-3)).toEqual([
      'deployment.admitted',
      'deployment.promoted',
      'deployment.finished',
    ]);
    await nextShips(shop, 'v3');
  },
  MANY_MS,
);

test.concurrent(
  'a release in its bake is sent back by quarters, the worker killed after every effect',
  async () => {
    const { lab, shop, as, before, allDied } = await dying(BLUE_GREEN, SLOWLY_BACK, {});
    const run = await shop.begin('v2', { ...as, ...GRADUALLY, bakeMs: 60_000 });
    await shop.phase(2, (view) => view.phase === 'bake');
    await lab.worker.arm();
    const traffic = await usersOf(shop);
    await rollback(lab, shop);
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v1');
    await unharmed(traffic);
    expect(await shop.instances()).toEqual(before);
    expect(await shop.starts()).toEqual({ v1: 1, v2: 1 });
    expect(await recordedOf(shop, 'v2')).toEqual([
      'deployment.admitted',
      'deployment.promoted',
      'deployment.demoted',
      'deployment.finished',
      'run.finished',
    ]);
    await allDied();
    await nextShips(shop, 'v3');
  },
  MANY_MS,
);
