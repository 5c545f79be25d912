import { expect, test } from 'vitest';
import { observeTarget } from '../../activities/adoption.js';
import { verifyServing } from '../../activities/incidents.js';
import { serving } from '../../src/domain/adoption.js';
import { activityOf } from '../support/activity.js';
import {
  REF,
  away,
  lags,
  of,
  plan,
  release,
  replaces,
  twoRoutersOfEach,
  type TwoRouters,
} from '../support/two-routers.js';

const never = new AbortController().signal;

let two: TwoRouters;
let haproxy: TwoRouters['haproxy'];
let nginx: TwoRouters['nginx'];
twoRoutersOfEach((given) => {
  two = given;
  ({ haproxy, nginx } = given);
});

test('a step of a deployment is taken at both or at none', async () => {
  const { shift } = await two.deployment('deploy');
  await shift(2_500);
  const before = [
    { blue: 7_500, green: 2_500 },
    { blue: 7_500, green: 2_500 },
  ];
  expect(two.shares()).toEqual(before);
  nginx.fail('split', 'router.unavailable', 1);
  await expect(shift(5_000)).rejects.toMatchObject(lags);
  expect(haproxy.log).toEqual(['split green 2500']);
  away(nginx, true);
  await expect(shift(5_000)).rejects.toMatchObject(lags);
  expect(two.shares()).toEqual(before);
});

test.each(['undone', 'recovered'] as const)(
  'what is %s is so at the router that answers, and fails until the other follows',
  async (how) => {
    const { effects, about, run, shift } = await two.deployment(how === 'undone' ? 'deploy' : 'recover');
    const back = (): Promise<unknown> =>
      how === 'undone'
        ? run(effects.undoShift, { ...about, userKey: [], replaces })
        : run(effects.restoreTarget, { ...about, plan, live: replaces });
    await shift(5_000);
    away(nginx, true);
    await expect(back()).rejects.toMatchObject(lags);
    expect(two.shares().map((of) => of?.blue)).toEqual([10_000, 5_000]);
    away(nginx, false);
    await back();
    expect(two.shares().map((of) => of?.blue)).toEqual([10_000, 10_000]);
  },
);

test('a rollback begins without the router that is away, and brings it along when it is back', async () => {
  const { effects, about, run, shift } = await two.deployment('rollback');
  for (const { router } of [haproxy, nginx]) await router.withdraw(REF, 'green', never);
  away(nginx, true);
  const { address } = await run(effects.provision, { ...about, release, plan });
  expect(address).toBe('http://127.0.0.1:1');
  await expect(shift(10_000)).rejects.toMatchObject(lags);
  expect(two.shares()).toEqual([{ blue: 0, green: 10_000 }, { blue: 10_000 }]);
  away(nginx, false);
  await shift(10_000);
  expect(two.shares()).toEqual([
    { blue: 0, green: 10_000 },
    { blue: 0, green: 10_000 },
  ]);
  expect(nginx.routes.get('shop/production/')?.members.green).toEqual(
    haproxy.routes.get('shop/production/')?.members.green,
  );
});

test('a rollback that one of two refuses is no reason to send the users of the other back', async () => {
  const { shift, provide } = await two.deployment('rollback');
  await provide();
  nginx.fail('split', 'router.refused');
  await expect(shift(10_000)).rejects.toMatchObject(lags);
  expect(two.shares()).toEqual([{ blue: 0, green: 10_000 }, { blue: 10_000 }]);
  nginx.fail('split', undefined);
  await shift(10_000);
  expect(two.shares().map((share) => share?.green)).toEqual([10_000, 10_000]);
});

test('what one of two refused when a rollback began is not lost: the shift fails with it', async () => {
  const { shift, provide } = await two.deployment('rollback', [8_080, 8_081]);
  nginx.fail('open', 'router.refused');
  expect(await provide()).toEqual({ address: 'http://127.0.0.1:8080' });
  await expect(shift(10_000)).rejects.toMatchObject(lags);
  expect(two.shares().map((share) => share?.green)).toEqual([10_000, 10_000]);
  nginx.fail('open', undefined);
  await shift(10_000);
  expect([haproxy, nginx].map((world) => of(world)?.address)).toEqual([
    'http://127.0.0.1:8080',
    'http://127.0.0.1:8081',
  ]);
});

test('a rollback sends nobody to members that one of two has kept of another time', async () => {
  const { shift, provide } = await two.deployment('rollback');
  away(nginx, true);
  await provide();
  away(nginx, false);
  expect(of(nginx)?.members.green).toEqual(['http://green']);
  await shift(10_000);
  expect(of(nginx)?.members.green).toEqual(of(haproxy)?.members.green);
  expect(of(nginx)?.members.green).not.toEqual(['http://green']);
});

test('a target that one of two has lost is opened there by a way back, and before a step forward', async () => {
  const back = await two.deployment('deploy', [8_080, 8_081]);
  await back.shift(5_000);
  nginx.routes.clear();
  await back.run(back.effects.undoShift, { ...back.about, userKey: [], replaces });
  expect(of(nginx)).toMatchObject({ address: 'http://127.0.0.1:8081', shares: { blue: 10_000 } });
  expect(of(nginx)?.members.blue).toEqual(of(haproxy)?.members.blue);
  nginx.routes.clear();
  const forward = await two.deployment('deploy');
  await forward.provide();
  await forward.shift(5_000);
  expect(of(nginx)?.shares).toEqual({ blue: 5_000, green: 5_000 });
});

test('nothing is removed that one of two has not forgotten', async () => {
  const { effects, about, run, shift, provide } = await two.deployment('recover');
  await provide().then(() => shift(5_000));
  const restore = () => run(effects.restoreTarget, { ...about, plan, live: replaces });
  nginx.fail('withdraw', 'router.unavailable');
  await expect(restore()).rejects.toMatchObject(lags);
  expect(haproxy.slots.has('shop/production/green')).toBe(true);
  nginx.fail('withdraw', undefined);
  await restore();
  expect(of(nginx)?.members).not.toHaveProperty('green');
  expect(haproxy.slots.get('shop/production/green')).toBeUndefined();
});

test('forward, a slot is not removed while one of two does not say whether it knows it', async () => {
  const { effects, about, run, provide, shift } = await two.deployment('deploy');
  await provide().then(() => shift(10_000));
  await haproxy.router.withdraw(REF, 'blue', never);
  nginx.fail('observe', 'router.unavailable');
  nginx.fail('withdraw', 'router.unavailable');
  const retire = () => run(effects.retireSlot, { ...about, slot: 'blue', drainTimeoutMs: 0 });
  await expect(retire()).rejects.toMatchObject(lags);
  expect(haproxy.slots.has('shop/production/blue')).toBe(true);
  for (const method of ['observe', 'withdraw']) nginx.fail(method, undefined);
  await retire();
  expect(of(nginx)?.members).not.toHaveProperty('blue');
});

test('in place, the users of the router that follows are back though the other lags, whose users find nobody until it follows', async () => {
  const { effects, about, run, shift, provide } = await two.deployment('deploy');
  await provide().then(() => shift(10_000));
  await haproxy.provider.remove(REF, 'blue', never);
  away(nginx, true);
  const back = () => run(effects.undoShift, { ...about, userKey: [], replaces, alone: true });
  await expect(back()).rejects.toMatchObject(lags);
  expect(two.shares().map((share) => share?.blue)).toEqual([10_000, 0]);
  expect(haproxy.slots.get('shop/production/green')).toBeUndefined();
  away(nginx, false);
  await back();
  expect(two.shares().map((share) => share?.blue)).toEqual([10_000, 10_000]);
});

test('with one of two away the rest is looked at all the same, and nothing is adopted', async () => {
  const { store } = await two.deployment('deploy');
  const deps = two.deps(store);
  const state = await store.targets.load(REF);
  if (state !== undefined) await store.targets.save({ ...state, live: replaces });
  const { run } = activityOf('target/shop/production');
  expect(await run(observeTarget(deps), REF)).toMatchObject({
    addresses: { haproxy: 'http://127.0.0.1:1', nginx: 'http://127.0.0.1:1' },
  });
  nginx.fail('observe', 'router.unavailable');
  const observed = await run(observeTarget(deps), REF);
  expect(observed).not.toHaveProperty('addresses');
  const silent = /^nginx did not answer: /;
  expect(observed).toMatchObject({ shares: { blue: 10_000 }, slots: [{ slot: 'blue' }] });
  expect(observed.differences).toEqual([expect.stringMatching(silent)]);
  expect(serving(observed)).toMatch(silent);
  haproxy.kill(haproxy.slots.get('shop/production/blue')?.instances[0]?.id ?? '');
  const { unwell } = await run(verifyServing(deps), REF);
  expect(unwell).toEqual(
    expect.arrayContaining([expect.stringMatching(silent), expect.stringContaining('health checks fail')]),
  );
  two.gone = ['nginx'];
  const alone = await run(observeTarget(deps), REF);
  expect(alone).toMatchObject({ gone: 'nginx', addresses: { haproxy: 'http://127.0.0.1:1' } });
  expect(alone).not.toHaveProperty('differences');
});
