import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEffects } from '../../activities/effects.js';
import type { UndoShiftInput } from '../../activities/undo-shift.js';
import type { Instance, Provider } from '../../src/domain/ports.js';
import type { Live } from '../../src/domain/target.js';
import { ShipwayError } from '../../src/errors.js';
import { admitRow, permitOf, rowOf } from '../support/admitted.js';
import { activityOf } from '../support/activity.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

const ID = 'deployment/shop/production/2';
const REF = { service: 'shop', environment: 'production' };
const never = new AbortController().signal;
const { configuration } = deploymentPlan();
const replaces: Live = {
  release: requestFor('shop', 'production', 'v1', 'r').release,
  slot: 'blue',
  configuration: { ...configuration, replicas: 2 },
  deployment: 'deployment/shop/production/1',
  since: '2026-01-01T00:00:00.000Z',
};
const BACK: UndoShiftInput = {
  ...{ ...REF, version: 'v2', kind: 'deploy', candidate: 'green', stable: 'blue', userKey: [], replaces },
};
const START = 'start v1 in blue again';

let world: FakeWorld;
let store: MemoryStore;
beforeEach(async () => {
  world = fakeWorld();
  store = memoryStore();
  const row = rowOf(REF, 2);
  await admitRow(store, row, permitOf(row, { candidate: 'green', replaces }));
  await world.router.open(REF, undefined, never);
});
afterEach(() => {
  world.close();
});

const url = (n: number): string => `http://127.0.0.1:${String(n)}`;
/** Stable as it is now: the states of its instances, the first of which are known to the router. */
async function stable(states: readonly Instance['state'][], members = states.length): Promise<void> {
  await world.provider.ensure(REF, 'blue', replaces.release, replaces.configuration, never);
  const slot = world.slots.get('shop/production/blue');
  const instances = states.map((state, n) => ({ id: String(n), url: url(n), state, startedAt: 'then' }));
  if (slot !== undefined) world.slots.set('shop/production/blue', { ...slot, instances });
  const urls = instances.slice(0, members).map((i) => i.url);
  await world.router.admit(REF, 'blue', replaces.release.digest, urls, never);
  world.log.length = 0;
}
const back = (input = BACK, provider: Partial<Provider> = {}) => {
  const { undoShift } = createEffects({
    ...{ store, router: world.router, provider: { ...world.provider, ...provider } },
    metrics: { sample: () => Promise.reject(new Error('unused')) },
  });
  return activityOf(ID).run(undoShift, input);
};
const members = () => world.routes.get('shop/production/')?.members.blue;

test.each([
  ['lives', ['ready', 'ready'], 2],
  ['lives, though it is not well', ['not_ready', 'starting'], 2],
] as const)('stable %s: it costs a look', async (_, states, known) => {
  await stable(states, known);
  expect(await back()).toBeUndefined();
  expect(world.log).toEqual(['split green 0']);
});

test.each([
  ['has crashed', ['gone', 'gone'], 2],
  ['ended with its host', ['lost', 'lost'], 2],
  ['lives where the router knows nothing of it', ['ready', 'ready'], 0],
] as const)(
  'nothing that %s takes users: it is started and known to the router first',
  async (_, states, n) => {
    await stable(states, n);
    expect(await back()).toBe(START);
    expect(world.log).toEqual(['ensure blue v1', 'split green 0']);
    expect(members()).toEqual(world.slots.get('shop/production/blue')?.instances.map((i) => i.url));
  },
);

test('of nothing at all the same, and of another release in its place', async () => {
  expect(await back()).toBe(START);
  const { release } = requestFor('shop', 'production', 'v0', 'r');
  await world.provider.ensure(REF, 'blue', release, replaces.configuration, never);
  world.log.length = 0;
  expect(await back()).toBe(START);
  expect(world.log).toEqual(['ensure blue v1', 'split green 0']);
});

test('a part of stable lives: traffic leaves the candidate first, then the rest is started', async () => {
  await stable(['ready', 'gone']);
  expect(await back()).toBe(START);
  expect(world.log).toEqual(['split green 0', 'ensure blue v1']);
});

test('a look that is slow, or fails, does not hold the traffic up', async () => {
  await stable(['gone', 'gone']);
  const began = Date.now();
  let splitAfter = Infinity;
  const slow: Provider['observe'] = async (t, signal) => {
    while (world.log.length === 0) await new Promise((r) => setTimeout(r, 10));
    splitAfter = Date.now() - began;
    return world.provider.observe(t, signal);
  };
  expect(await back(BACK, { observe: slow })).toBe(START);
  expect(splitAfter).toBeLessThan(1_500);
  expect(world.log).toEqual(['split green 0', 'ensure blue v1']);

  world.log.length = 0;
  const observe = () => Promise.reject(new ShipwayError('provider.unavailable', 'the disk is full'));
  await expect(back(BACK, { observe })).rejects.toMatchObject({ type: 'provider.unavailable' });
  expect(world.log).toEqual(['split green 0']);
});

test('a look that would be slow sends nobody to where the router knows of nothing', async () => {
  await stable([]);
  const observe: Provider['observe'] = async (t, signal) => {
    await new Promise((r) => setTimeout(r, 1_000));
    return world.provider.observe(t, signal);
  };
  expect(await back(BACK, { observe })).toBe(START);
  expect(world.log).toEqual(['ensure blue v1', 'split green 0']);
});

test('what does not start again leaves the users where they are, says why, and is tried again', async () => {
  await stable(['gone', 'gone']);
  world.fail('ensure', 'instance.not_ready');
  await expect(back()).rejects.toMatchObject({ type: 'instance.not_ready' });
  expect(world.log).toEqual([]);
  world.fail('ensure', undefined);
  expect(await back()).toBe(START);
  expect(world.log).toEqual(['ensure blue v1', 'split green 0']);
});

test('where the two never run at the same time, the candidate ends before stable starts', async () => {
  const alone = { ...BACK, alone: true } as const;
  await stable(['ready', 'ready']);
  expect(await back(alone)).toBeUndefined();
  expect(world.log).toEqual(['split green 0']);

  await stable([]);
  await world.router.admit(REF, 'green', 'other', [url(9)], never);
  expect(await back(alone)).toBe(START);
  expect(world.log).toEqual(['remove green', 'ensure blue v1', 'split green 0']);
  expect(world.routes.get('shop/production/')?.members.green).toEqual([]);
});

test('without a permit nothing is started', async () => {
  await stable(['gone', 'gone']);
  await store.permits.close(ID, '2026-01-02T00:00:00.000Z');
  await expect(back()).rejects.toMatchObject({ type: 'permit.missing' });
  expect(world.log).toEqual([]);
});
