import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEffects } from '../../activities/effects.js';
import type { ResizeInput } from '../../activities/resize.js';
import type { Live } from '../../src/domain/target.js';
import { activityOf } from '../support/activity.js';
import { admitRow, permitOf, rowOf } from '../support/admitted.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

const REF = { service: 'shop', environment: 'production' };
const ID = 'deployment/shop/production/2';
const never = new AbortController().signal;
const plan = deploymentPlan({ configuration: { ...deploymentPlan().configuration, replicas: 4 } });
const replaces: Live = {
  ...{ release: requestFor('shop', 'production', 'v1', 'r').release, slot: 'blue', since: 'then' },
  ...{ configuration: plan.configuration, deployment: 'deployment/shop/production/1' },
};
const EFFECT = { ...REF, version: 'v2', kind: 'deploy', candidate: 'green', stable: 'blue' } as const;
const TO = (count: number): ResizeInput => ({ ...EFFECT, replaces, count, drainTimeoutMs: 100 });

let world: FakeWorld;
let store: MemoryStore;
let drained: (readonly string[] | undefined)[];
let effects: ReturnType<typeof createEffects>;
beforeEach(async () => {
  world = fakeWorld();
  store = memoryStore();
  drained = [];
  const drain: typeof world.router.drain = (...asked) => {
    drained.push(members());
    return world.router.drain(...asked);
  };
  effects = createEffects({
    ...{ store, provider: world.provider, router: { ...world.router, drain } },
    metrics: { sample: () => Promise.reject(new Error('unused')) },
  });
  const row = { ...rowOf(REF, 2), plan };
  await admitRow(store, row, permitOf(row, { candidate: 'green', replaces }));
  await world.router.open(REF, undefined, never);
  const all = await world.provider.ensure(REF, 'blue', replaces.release, plan.configuration, never);
  await world.router.admit(
    REF,
    'blue',
    replaces.release.digest,
    all.map((i) => i.url),
    never,
  );
  world.log.length = 0;
});
afterEach(() => {
  world.close();
});
const members = () => world.routes.get('shop/production/')?.members.blue;
const urls = () => world.slots.get('shop/production/blue')?.instances.map((i) => i.url) ?? [];
const run = (input: ResizeInput) => activityOf(ID).run(effects.resizeStable, input);

test('those that leave are out of the router and drained before they end; twice is once', async () => {
  const before = urls();
  await run(TO(2));
  expect(drained).toEqual([before.slice(0, 2)]);
  expect([urls(), members()]).toEqual([before.slice(0, 2), before.slice(0, 2)]);
  await run(TO(2));
  expect(drained).toHaveLength(1);
  expect([urls(), world.alive()]).toEqual([before.slice(0, 2), 2]);
  const said = store.entries().filter((e) => e.event_type === 'effect.intent');
  expect(said[0]?.details).toMatchObject({ effect: 'resize_stable', slot: 'blue', count: 2 });
});

test('those that come are known to the router, also after a crash between the two', async () => {
  await run(TO(1));
  world.fail('admit', 'router.unavailable', 1);
  await expect(run(TO(3))).rejects.toMatchObject({ type: 'router.unavailable' });
  expect(members()).toHaveLength(1);
  await run(TO(3));
  expect(members()).toEqual(urls());
  expect(urls()).toHaveLength(3);
});

test('after a crash before the end of those that leave, they are drained again and end', async () => {
  world.fail('ensure', 'provider.unavailable', 1);
  await expect(run(TO(2))).rejects.toMatchObject({ type: 'provider.unavailable' });
  expect([members()?.length, world.alive()]).toEqual([2, 4]);
  await run(TO(2));
  expect([drained.length, world.alive(), members()]).toEqual([2, 2, urls()]);
});

test('what has crashed makes room first', async () => {
  const [first = '', ...others] = urls();
  world.kill(world.started[0] ?? '');
  await run(TO(3));
  expect(drained).toEqual([]);
  expect(members()).toEqual(others);
  expect(others).not.toContain(first);
});

test('those that serve stay, and not those that are not ready', async () => {
  const slot = world.slots.get('shop/production/blue');
  const [hung, ...well] = slot?.instances ?? [];
  if (slot === undefined || hung === undefined) throw new Error('nothing runs');
  world.slots.set('shop/production/blue', { ...slot, instances: [{ ...hung, state: 'not_ready' }, ...well] });
  await run(TO(1));
  expect(drained).toEqual([[well[0]?.url]]);
  expect([urls(), members()]).toEqual([[well[0]?.url], [well[0]?.url]]);
});

test('those that the router keeps stay, whatever becomes of them while the others are drained', async () => {
  const drain = world.router.drain.bind(world.router);
  const at = 'shop/production/blue';
  const slot = world.slots.get(at)!;
  const [first, ...others] = slot.instances;
  vi.spyOn(world.router, 'drain').mockImplementationOnce(async (...asked) => {
    world.slots.set(at, { ...slot, instances: [{ ...first!, state: 'not_ready' }, ...others] });
    return drain(...asked);
  });
  await run(TO(1));
  expect([urls(), members()]).toEqual([[first?.url], [first?.url]]);
});

test('none: the slot is emptied, and the router sends nobody there', async () => {
  await run(TO(0));
  expect([members(), drained, world.alive()]).toEqual([[], [[]], 0]);
  expect(world.log).toEqual(['remove blue']);
});

test.each([5, -1, 1.5])('its permit is not for %s instances, nor is it of the candidate', async (count) => {
  const permitted = { type: 'permit.missing', message: /the number of instances is another/ };
  await expect(run(TO(count))).rejects.toMatchObject({
    ...permitted,
    message: expect.stringMatching(permitted.message) as string,
  });
  const { release } = rowOf(REF, 2);
  const started = activityOf(ID).run(effects.provision, { ...EFFECT, release, plan, count });
  await expect(started).rejects.toMatchObject({ type: 'permit.missing' });
  expect(world.log).toEqual([]);
});

test('the router is told of a part of the candidate only when it is to be', async () => {
  const { release } = rowOf(REF, 2);
  const green = () => world.routes.get('shop/production/')?.members.green;
  await activityOf(ID).run(effects.provision, { ...EFFECT, release, plan, count: 2 });
  expect([world.log, green()]).toEqual([['ensure green v1 × 2'], undefined]);
  await activityOf(ID).run(effects.admitInstances, { ...EFFECT, release });
  expect(green()).toEqual(world.slots.get('shop/production/green')?.instances.map((i) => i.url));
});

test('what has ended since its smoke test is not taken for what serves', async () => {
  const { release } = rowOf(REF, 2);
  const green = () => world.routes.get('shop/production/')?.members.green;
  await activityOf(ID).run(effects.provision, { ...EFFECT, release, plan, count: 2 });
  world.kill(world.started.at(-1) ?? '');
  const admitted = activityOf(ID).run(effects.admitInstances, { ...EFFECT, release, least: 2 });
  await expect(admitted).rejects.toMatchObject({ type: 'instance.start_failed' });
  expect(green()).toBeUndefined();
});
