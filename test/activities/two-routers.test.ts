import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEffects } from '../../activities/effects.js';
import type { DeploymentKind } from '../../src/domain/store.js';
import type { Live } from '../../src/domain/target.js';
import { admitRow, permitOf, rowOf } from '../support/admitted.js';
import { activityOf } from '../support/activity.js';
import { routed } from '../support/fake-router.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { memoryStore } from '../support/memory-store.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

const REF = { service: 'shop', environment: 'production' };
const plan = { ...deploymentPlan(), router: 'haproxy+nginx' };
const { release } = requestFor('shop', 'production', 'v2', 'r');
const replaces: Live = {
  ...{ release: requestFor('shop', 'production', 'v1', 'r').release, slot: 'blue' },
  ...{ configuration: plan.configuration, deployment: 'deployment/shop/production/1', since: '' },
};
const never = new AbortController().signal;

let [haproxy, nginx]: readonly [FakeWorld, FakeWorld] = [fakeWorld(), fakeWorld()];
beforeEach(async () => {
  [haproxy, nginx] = [fakeWorld(), fakeWorld()];
  for (const { router } of [haproxy, nginx])
    await routed(router, REF, { blue: replaces.release.digest, green: release.digest });
  await haproxy.provider.ensure(REF, 'blue', replaces.release, plan.configuration, never);
  const { instances = [] } = haproxy.slots.get('shop/production/blue') ?? {};
  for (const { router } of [haproxy, nginx])
    await router.admit(
      REF,
      'blue',
      replaces.release.digest,
      instances.map(({ url }) => url),
      never,
    );
  haproxy.log.length = 0;
  nginx.log.length = 0;
});
afterEach(() => {
  haproxy.close();
  nginx.close();
});

const METHODS = ['observe', 'open', 'admit', 'split', 'drain', 'withdraw', 'close'];
const away = (world: FakeWorld, is: boolean): void => {
  for (const method of METHODS) world.fail(method, is ? 'router.unavailable' : undefined);
};
const lags = {
  type: 'router.unavailable',
  message: expect.stringMatching(/^nginx does not follow/) as string,
};

/** The effects of a deployment of that kind, and what they are told. */
async function deployment(kind: DeploymentKind) {
  const store = memoryStore();
  const row = rowOf(REF, 2, { kind, release, plan });
  await admitRow(store, row, permitOf(row, { candidate: 'green', replaces }));
  const effects = createEffects({
    ...{ store, provider: haproxy.provider, router: fakeWorld().router },
    metrics: { sample: () => Promise.reject(new Error('unused')) },
    shipped: { routers: { haproxy: haproxy.router, nginx: nginx.router }, metrics: {} },
  });
  const about = { ...REF, version: 'v2', kind, candidate: 'green', stable: 'blue', adapters: plan } as const;
  const { run } = activityOf(row.id);
  const shift = (share: number) => run(effects.shiftTraffic, { ...about, share, from: 0, userKey: [] });
  return { effects, about, run, shift };
}
const shares = () => [haproxy, nginx].map(({ routes }) => routes.get('shop/production/')?.shares);

test('a step of a deployment is taken at both or at none', async () => {
  const { shift } = await deployment('deploy');
  await shift(2_500);
  const before = [
    { blue: 7_500, green: 2_500 },
    { blue: 7_500, green: 2_500 },
  ];
  expect(shares()).toEqual(before);
  nginx.fail('split', 'router.unavailable', 1);
  await expect(shift(5_000)).rejects.toMatchObject(lags);
  expect(haproxy.log).toEqual(['split green 2500', 'split green 5000', 'split green 2500']);
  away(nginx, true);
  await expect(shift(5_000)).rejects.toMatchObject(lags);
  expect(shares()).toEqual(before);
});

test.each(['undone', 'recovered'] as const)(
  'what is %s is so at the router that answers, and fails until the other follows',
  async (how) => {
    const { effects, about, run, shift } = await deployment(how === 'undone' ? 'deploy' : 'recover');
    const back = (): Promise<unknown> =>
      how === 'undone'
        ? run(effects.undoShift, { ...about, userKey: [], replaces })
        : run(effects.restoreTarget, { ...about, plan, live: replaces });
    await shift(5_000);
    away(nginx, true);
    await expect(back()).rejects.toMatchObject(lags);
    expect(shares().map((of) => of?.blue)).toEqual([10_000, 5_000]);
    away(nginx, false);
    await back();
    expect(shares().map((of) => of?.blue)).toEqual([10_000, 10_000]);
  },
);

test('a rollback begins without the router that is away, and brings it along when it is back', async () => {
  const { effects, about, run, shift } = await deployment('rollback');
  for (const { router } of [haproxy, nginx]) await router.withdraw(REF, 'green', never);
  away(nginx, true);
  const { address } = await run(effects.provision, { ...about, release, plan });
  expect(address).toBe('http://127.0.0.1:1');
  await expect(shift(10_000)).rejects.toMatchObject(lags);
  expect(shares()).toEqual([{ blue: 0, green: 10_000 }, { blue: 10_000 }]);
  away(nginx, false);
  await shift(10_000);
  expect(shares()).toEqual([
    { blue: 0, green: 10_000 },
    { blue: 0, green: 10_000 },
  ]);
  expect(nginx.routes.get('shop/production/')?.members.green).toEqual(
    haproxy.routes.get('shop/production/')?.members.green,
  );
});
