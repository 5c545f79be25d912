import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEffects, type ShiftInput } from '../../activities/effects.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import type { Live } from '../../src/domain/target.js';
import { ShipwayError } from '../../src/errors.js';
import { admitRow, permitOf } from '../support/admitted.js';
import { activityOf, type ActivityLab } from '../support/activity.js';
import { routed } from '../support/fake-router.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

const ID = 'deployment/shop/production/1';
const REF = { service: 'shop', environment: 'production', version: 'v1' };
const EFFECT = { ...REF, kind: 'deploy', candidate: 'green', stable: 'blue' } as const;
const SHIFT: ShiftInput = { ...EFFECT, share: 2_500, from: 500, userKey: [] };
const { release } = requestFor('shop', 'production', 'v1', 'r');
const PROVISION = { ...EFFECT, release, plan: deploymentPlan() };
const STABLE: Live = {
  ...{ release: requestFor('shop', 'production', 'v0', 'r0').release, slot: 'blue' },
  ...{ configuration: PROVISION.plan.configuration, deployment: 'deployment/shop/production/0', since: '' },
};
const PERMITTED = { candidate: 'green', replaces: STABLE } as const;
const ROW: DeploymentRow = {
  ...{ service: 'shop', environment: 'production', id: ID, n: 1, kind: 'deploy', requestId: 'r' },
  ...{ requestedBy: 'alice', release, plan: PROVISION.plan, startedAt: '2026-01-01T00:00:00.000Z' },
};
const metrics = { sample: () => Promise.reject(new Error('unused')) };

let world: FakeWorld;
let store: MemoryStore;
let gone: 'never' | 'reading' | 'writing' | 'always';
let effects: ReturnType<typeof createEffects>;
beforeEach(async () => {
  world = fakeWorld();
  store = memoryStore();
  gone = 'never';
  const unavailable = () => Promise.reject(new ShipwayError('store.unavailable', 'PostgreSQL is gone'));
  effects = createEffects({
    ...world,
    store: {
      ...store,
      permits: {
        ...store.permits,
        find: (id) => (gone === 'reading' || gone === 'always' ? unavailable() : store.permits.find(id)),
      },
      audit: {
        ...store.audit,
        append: async (entries) => {
          if (gone === 'writing' || gone === 'always') await unavailable();
          world.log.push(...entries.map((e) => e.event_type));
          await store.audit.append(entries);
        },
      },
    },
    metrics,
  });
  await admitRow(store, ROW, permitOf(ROW, PERMITTED));
  await routed(world.router, REF, { blue: STABLE.release.digest, green: release.digest });
  world.log.length = 0;
});
afterEach(() => {
  world.close();
});
const asked = (by = ID): ActivityLab => activityOf(by);

describe('forward', () => {
  test('intent, act, result, in this order', async () => {
    await asked().run(effects.shiftTraffic, SHIFT);
    expect(world.log).toEqual(['effect.intent', 'split green 2500', 'effect.result']);
    const details = { effect: 'shift_traffic', slot: 'green', from: 500, share: 2_500 };
    expect(store.entries()).toMatchObject([
      { event_type: 'effect.intent', workflow: ID, user: 'shipway', details },
      { event_type: 'effect.result', details: { ...details, ok: true } },
    ]);
  });

  test('without a permit nothing happens, and nothing is audited: for a stranger, and for one that has ended', async () => {
    await expect(
      asked('deployment/shop/production/9').run(effects.provision, PROVISION),
    ).rejects.toMatchObject({
      type: 'permit.missing',
      nonRetryable: true,
    });
    await store.permits.close(ID, '2026-01-02T00:00:00.000Z');
    for (const effect of [
      () => asked().run(effects.shiftTraffic, SHIFT),
      () => asked().run(effects.provision, PROVISION),
    ])
      await expect(effect()).rejects.toThrow(`${ID} has no permit any more`);
    expect(world.log).toEqual([]);
  });

  test.each([
    ['another release', { release: { ...release, artifacts: [] } }, 'the release'],
    ['another plan', { plan: deploymentPlan({ bakeMs: 0 }) }, 'the plan'],
    ['another kind', { kind: 'rollback' as const }, 'the kind'],
    ['another slot', { candidate: 'blue' as const }, 'the slot'],
    ['nothing beside it', { stable: undefined }, 'the slot of what it replaces'],
  ])('a permit is for what was admitted, and not for %s', async (_, other, what) => {
    const { stable, ...rest } = { ...PROVISION, ...other };
    const input = { ...rest, ...(stable === undefined ? {} : { stable }) };
    await expect(asked().run(effects.provision, input)).rejects.toMatchObject({
      type: 'permit.missing',
      message: `${ID} was not admitted for this: ${what} is another`,
    });
    expect(world.log).toEqual([]);
  });

  test('a permit does not cover the removal of the slot it fills, nor another way back', async () => {
    const retire = { ...EFFECT, slot: 'green' as const, drainTimeoutMs: 0 };
    await expect(asked().run(effects.retireSlot, retire)).rejects.toThrow('the slot that it removes');
    const swapped = { ...EFFECT, candidate: 'blue' as const, stable: 'green' as const };
    await expect(asked().run(effects.undoProvision, swapped)).rejects.toThrow('the slot is another');
    expect(world.log).toEqual([]);
  });

  test('without the store nothing happens: no permit read, no intent written', async () => {
    for (gone of ['reading', 'writing'] as const)
      await expect(asked().run(effects.shiftTraffic, SHIFT)).rejects.toMatchObject({
        type: 'store.unavailable',
        nonRetryable: false,
      });
    expect(world.log).toEqual([]);
  });

  test('a permit that was seen before does not carry it forward without the store', async () => {
    await asked().run(effects.shiftTraffic, SHIFT);
    gone = 'reading';
    await expect(asked().run(effects.shiftTraffic, SHIFT)).rejects.toMatchObject({
      type: 'store.unavailable',
    });
  });

  test('what failed is recorded with its reason, and fails as what it was', async () => {
    world.fail('split', 'router.unavailable');
    await expect(asked().run(effects.shiftTraffic, SHIFT)).rejects.toMatchObject({
      type: 'router.unavailable',
      nonRetryable: false,
    });
    expect(world.log).toEqual(['effect.intent', 'effect.result']);
    expect(store.entries().at(-1)?.details).toMatchObject({ ok: false, why: 'split was made to fail' });
  });

  test('an act whose result could not be written is done again and is one act', async () => {
    const once = createEffects({ ...world, store, metrics });
    let appended = 0;
    const append = store.audit.append.bind(store.audit);
    Object.assign(store.audit, {
      append: (entries: Parameters<typeof append>[0]) =>
        (appended += 1) === 2
          ? Promise.reject(new ShipwayError('store.unavailable', 'gone'))
          : append(entries),
    });
    await expect(asked().run(once.shiftTraffic, SHIFT)).rejects.toMatchObject({ type: 'store.unavailable' });
    await activityOf(ID, { attempt: 2 }).run(once.shiftTraffic, SHIFT);
    expect(world.routes.get('shop/production/')?.shares).toEqual({ green: 2_500, blue: 7_500 });
    expect(store.entries().map((e) => e.event_type)).toEqual([
      'effect.intent',
      'effect.intent',
      'effect.result',
    ]);
  });

  test('it beats, so that a dead worker is noticed, and stops when it is told to', async () => {
    const begun = world.stall('ensure', true);
    const { env, beats, run } = asked();
    const provisioning = run(effects.provision, PROVISION);
    const stopped = expect(provisioning).rejects.toMatchObject({ name: 'CancelledFailure' });
    await expect.poll(begun).toBe(1);
    await expect.poll(() => beats.length, { timeout: 10_000 }).toBeGreaterThan(1);
    env.cancel();
    await stopped;
    expect(world.slots.size).toBe(0);
  });
});

test('forward, cancelled: it ends without waiting for the store', async () => {
  const begun = world.stall('split', true);
  const { env, run } = asked();
  const shifting = run(effects.shiftTraffic, SHIFT);
  const stopped = expect(shifting).rejects.toMatchObject({ name: 'CancelledFailure' });
  await expect.poll(begun).toBe(1);
  env.cancel();
  await stopped;
  expect(world.log).toEqual(['effect.intent']);
});

describe('back', () => {
  const { share, from, ...SHIFTED } = SHIFT;
  test('acts at once, and writes nothing', async () => {
    expect([share, from]).toEqual([2_500, 500]);
    await asked().run(effects.undoShift, SHIFTED);
    expect(world.log).toEqual(['split green 0']);
  });

  test('needs no store when this worker has seen the permit', async () => {
    await asked().run(effects.shiftTraffic, SHIFT);
    world.log.length = 0;
    gone = 'always';
    await asked().run(effects.undoShift, SHIFTED);
    await asked().run(effects.undoProvision, EFFECT);
    expect(world.log).toEqual(['split green 0', 'remove green']);
  });

  test('waits for the store when it has not', async () => {
    gone = 'always';
    await expect(asked().run(effects.undoShift, SHIFTED)).rejects.toMatchObject({
      type: 'store.unavailable',
      nonRetryable: false,
    });
    expect(world.log).toEqual([]);
  });

  test('without a permit nobody goes back either', async () => {
    await expect(asked('deployment/shop/production/9').run(effects.undoShift, SHIFTED)).rejects.toMatchObject(
      {
        type: 'permit.missing',
      },
    );
    expect(world.log).toEqual([]);
  });

  test('of a first deployment is to close the address and take the instances away, in this order', async () => {
    const { stable, ...first } = EFFECT;
    expect(stable).toBe('blue');
    const row = { ...ROW, id: 'deployment/shop/production/2', n: 2 };
    await admitRow(store, row, permitOf(row));
    const asked = () => activityOf(row.id);
    await asked().run(effects.provision, { ...first, release, plan: PROVISION.plan });
    world.log.length = 0;
    await asked().run(effects.undoProvision, first);
    expect(world.log).toEqual(['close ', 'remove green']);
    expect(world.slots.size).toBe(0);
  });
});

test('a smoke test asks every instance, and fails when there is none or the answer is another', async () => {
  const smoke = (path: string, expectStatus = 200) =>
    asked().run(effects.smokeTest, { ...EFFECT, test: { path, expectStatus, timeoutMs: 300 } });
  await expect(smoke('/health')).rejects.toThrow('no instance runs in green');
  await asked().run(effects.provision, PROVISION);
  await smoke('/health');
  await expect(smoke('/health', 204)).rejects.toMatchObject({
    type: 'smoke.failed',
    nonRetryable: true,
    message: '/health answered 200, expected 204',
  });
  await expect(smoke('/hang')).rejects.toMatchObject({ type: 'smoke.failed' });
});
