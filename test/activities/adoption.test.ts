import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { adoptLive, hostOf, observeTarget, type AdoptInput } from '../../activities/adoption.js';
import { messageOf } from '../../activities/statements.js';
import { serving, type Observed } from '../../src/domain/adoption.js';
import { FULL } from '../../src/domain/plan.js';
import { newTarget } from '../../src/domain/target.js';
import { digestOf } from '../../src/hash.js';
import { activityOf } from '../support/activity.js';
import { live, REF } from '../support/admission.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { fakeWorld } from '../support/fake-world.js';
import { memoryStore } from '../support/memory-store.js';
import { deploymentPlan, requestFor, statement } from '../support/plans.js';

const { release } = requestFor('shop', 'production', 'v2', 'r');
const plan = deploymentPlan();
const instance = (state: string) => ({ id: state, url: 'http://127.0.0.1:1', state, startedAt: '' });
const green = (more: object = {}) => ({
  ...{ slot: 'green', release: release.digest, version: 'v2' },
  ...{ configuration: digestOf(plan.configuration), instances: [instance('starting'), instance('ready')] },
  ...more,
});
const seen = (more: Partial<Record<keyof Observed, unknown>> = {}): Observed =>
  ({ shares: { blue: 0, green: FULL }, slots: [green()], ...more }) as Observed;
const WHO = statement('carol', 'adopt', 'target/shop/production');

async function lab() {
  const store = memoryStore();
  await admitRow(store, rowOf(REF, 1, { release, plan }));
  await store.targets.save({
    ...newTarget(REF),
    ...(await store.targets.load(REF)),
    live: live('v1', 'blue'),
  });
  await store.nonces.claim(WHO.nonce, 'target/shop/production', messageOf(WHO));
  const adopt = (observed: Observed, more: Partial<AdoptInput> = {}, by = 'target/shop/production') => {
    const input: AdoptInput = { ...REF, observed, statement: WHO, host: 'host-9', ...more };
    return activityOf(by).run(adoptLive({ store }), input);
  };
  return { store, adopt };
}

describe('what serves is live', () => {
  test('with its release, configuration, slot and host, and who said so', async () => {
    const { store, adopt } = await lab();
    expect(await adopt(seen())).toMatchObject({
      ...{ status: 'accepted', message: 'v2 in green is live from now on, in place of v1' },
      state: { live: { slot: 'green', release, configuration: plan.configuration }, host: 'host-9' },
    });
    expect(await store.targets.load(REF)).toMatchObject({ live: { release: { version: 'v2' } } });
    expect(store.entries().at(-1)).toMatchObject({
      ...{ event_type: 'live.adopted', user: 'carol', version: 'v2' },
      details: { slot: 'green', release: release.digest },
    });
  });

  test('not when another workflow asks, or by a statement that nobody verified', async () => {
    const { store, adopt } = await lab();
    for (const by of ['target/shop/staging', 'pipeline/shop/x', 'forged'])
      await expect(adopt(seen(), {}, by)).rejects.toMatchObject({ type: 'permit.missing' });
    const other = statement('mallory', 'adopt', 'target/shop/production');
    await expect(adopt(seen(), { statement: other })).rejects.toMatchObject({ type: 'statement.refused' });
    expect(await store.targets.load(REF)).toMatchObject({ live: { release: { version: 'v1' } } });
  });

  test('of one of two routers, when the other is gone, which is said', async () => {
    const { adopt } = await lab();
    const left = '; nginx is gone, as the policy says, and was not looked at';
    expect((await adopt(seen({ gone: 'nginx' }))).message).toBe(
      `v2 in green is live from now on, in place of v1${left}`,
    );
    expect((await adopt(seen({ gone: 'nginx' }))).message).toBe(`v2 in green is live already${left}`);
  });

  test('as this environment had it, whichever had it last', async () => {
    const { store, adopt } = await lab();
    const staging = { ...REF, environment: 'staging' };
    await admitRow(store, rowOf(staging, 1, { release, plan: deploymentPlan({ listen: 9_090 }) }));
    expect((await adopt(seen())).state.live?.deployment).toBe('deployment/shop/production/1');
  });

  test('said twice it is once', async () => {
    const { store, adopt } = await lab();
    await adopt(seen());
    const before = store.entries().length;
    expect((await adopt(seen())).message).toBe('v2 in green is live already');
    expect(store.entries()).toHaveLength(before);
  });

  test.each<[string, Parameters<typeof seen>[0]]>([
    ['the router sends no users anywhere', { shares: {} }],
    ['users are on blue (30 %) and green (70 %), not on one slot', { shares: { blue: 3_000, green: 7_000 } }],
    ['all users are sent to green, where nothing is ready', { slots: [] }],
    [
      'all users are sent to green, where nothing is ready',
      { slots: [green({ instances: [instance('not_ready')] })] },
    ],
    [
      'v2 in green is in none of the newest 1000 deployments of shop',
      { slots: [green({ release: 'f'.repeat(64) })] },
    ],
    [
      'v2 in green runs with the configuration of none of the newest 1000 deployments of shop',
      { slots: [green({ configuration: 'f'.repeat(64) })] },
    ],
  ])('not when %s', async (message, more) => {
    const { store, adopt } = await lab();
    await expect(adopt(seen(more))).rejects.toMatchObject({ type: 'adopt.impossible', message });
    expect(await store.targets.load(REF)).toMatchObject({ live: { release: { version: 'v1' } } });
    expect(store.entries().filter((e) => e.event_type === 'live.adopted')).toEqual([]);
  });
});

test('what is observed is what runs and where users are', async () => {
  const world = fakeWorld();
  const signal = new AbortController().signal;
  await world.provider.ensure(REF, 'blue', release, plan.configuration, signal);
  await world.router.open(REF, undefined, signal);
  await world.router.admit(REF, 'blue', release.digest, ['http://127.0.0.1:1'], signal);
  await world.router.split(REF, { shares: { blue: FULL }, candidate: 'blue', salt: '', userKey: [] }, signal);
  const observed = await activityOf('target/shop/production').run(
    observeTarget({
      ...world,
      store: memoryStore(),
      metrics: { sample: () => Promise.reject(new Error('unused')) },
    }),
    REF,
  );
  expect(serving(observed)).toMatchObject({
    slot: 'blue',
    release: release.digest,
    instances: [{ state: 'ready' }],
  });
});

test.each(['provider', 'router'] as const)(
  'a %s that hangs and heeds nothing is not waited for',
  async (port) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const world = fakeWorld();
    const hanging = { ...world[port], observe: () => new Promise<never>(() => undefined) };
    const metrics = { sample: () => Promise.reject(new Error('unused')) };
    const look = activityOf('housekeeping').run(
      observeTarget({ ...world, [port]: hanging, store: memoryStore(), metrics }),
      REF,
    );
    const said = expect(look).rejects.toMatchObject({
      type: `${port}.unavailable`,
      message: `the ${port} gave no answer within 4s`,
    });
    // What Temporal gives one look.
    await vi.advanceTimersByTimeAsync(5_000);
    await said;
  },
);

test('a target without a record is on the host of new ones', async () => {
  const { store } = await lab();
  const run = (ref: typeof REF) =>
    activityOf('target/shop/production').run(hostOf({ store, host: 'new' }), ref);
  expect(await run({ service: 'other', environment: 'production' })).toBe('new');
});
