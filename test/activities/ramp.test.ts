import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEffects } from '../../activities/effects.js';
import { FULL } from '../../src/domain/plan.js';
import { newTarget, type Live } from '../../src/domain/target.js';
import { activityOf } from '../support/activity.js';
import { admitRow, permitOf, rowOf } from '../support/admitted.js';
import { DARK } from '../support/dark.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';

const REF = { service: 'shop', environment: 'production' };
const EFFECT = { ...REF, version: 'v1', kind: 'deploy', candidate: 'green', stable: 'blue' } as const;
const NEXT = rowOf(REF, 2, { plan: DARK });
const metrics = { sample: () => Promise.reject(new Error('unused')) };
let world: FakeWorld;
let store: MemoryStore;
let effects: ReturnType<typeof createEffects>;

beforeEach(() => {
  world = fakeWorld();
  store = memoryStore();
  effects = createEffects({ ...world, store, metrics });
});
afterEach(() => {
  world.close();
});

/** Live is a release that has the flag with these variants, or none. */
async function live(variants?: Readonly<Record<string, boolean>>): Promise<void> {
  const plan = { ...DARK, flags: variants === undefined ? [] : [{ name: 'checkout', variants, off: 'off' }] };
  const row = rowOf(REF, 1, { plan });
  await admitRow(store, row);
  const { release, id: deployment, startedAt: since } = row;
  const serving: Live = { release, slot: 'blue', configuration: plan.configuration, deployment, since };
  await store.targets.save({ ...((await store.targets.load(REF)) ?? newTarget(REF)), live: serving });
  await admitRow(store, NEXT, permitOf(NEXT, { candidate: 'green', replaces: serving }));
}
const lit = () => activityOf(NEXT.id).run(effects.refuseLit, { ...EFFECT, plan: DARK });

test('flags that a release declares are named before they are declared', async () => {
  await live({ on: true, off: false });
  await activityOf(NEXT.id).run(effects.provision, { ...EFFECT, release: NEXT.release, plan: DARK });
  const [intent] = store.entries().filter((e) => e.event_type === 'effect.intent');
  expect(intent?.details).toMatchObject({ effect: 'provision', flags: ['checkout'] });
});

test('what the live release has otherwise cannot be turned on before the new one is live', async () => {
  await live({ on: false, off: true });
  await expect(lit()).rejects.toMatchObject({ type: 'flag.otherwise' });
});

test('what the live release has, too, can be turned on, and it is said that it has it', async () => {
  await live({ off: false, on: true });
  expect(await lit()).toBe(true);
});

test('what the live release does not declare can be turned on, and it is said that it has it not', async () => {
  await live();
  expect(await lit()).toBe(false);
});

/** A rollback of what has turned the flag on for all users, the rule set by whom it says. */
async function goingBack(by: string) {
  const leftOn = [{ flag: 'checkout', by: 'deployment/shop/production/2' }];
  const row = rowOf(REF, 3, { kind: 'rollback' });
  await admitRow(store, row, permitOf(row, { leftOn }));
  await store.flags.declare(REF, { version: 'v2', flags: DARK.flags ?? [] }, never);
  await store.flags.set(REF, { name: 'checkout', by, rule: { shares: { on: FULL } } }, never);
  const input = { ...REF, version: 'v1', kind: 'rollback', candidate: 'green', leftOn } as const;
  return { douse: (of = {}) => activityOf(row.id).run(effects.douseLeftOn, { ...input, ...of }) };
}
const never = new AbortController().signal;
const rule = async () => (await store.flags.list(REF, never))[0]?.rule;

test('what a deployment has turned on goes off with it, once more after a crash, and the audit says so', async () => {
  const { douse } = await goingBack('deployment/shop/production/2');
  expect([await douse(), await douse(), await rule()]).toEqual([['checkout'], ['checkout'], undefined]);
  const said = store.entries().filter(({ details }) => details['effect'] === 'douse_flags');
  expect(
    said.slice(0, 2).map(({ event_type: event, details: { flags, off } }) => [event, flags, off]),
  ).toEqual([
    ['effect.intent', ['checkout'], undefined],
    ['effect.result', ['checkout'], ['checkout']],
  ]);
});

test('what a person has set since stays', async () => {
  const { douse } = await goingBack('ann');
  expect([await douse(), await rule()]).toEqual([[], { shares: { on: FULL } }]);
});

test('no other flags are turned off than those that it was admitted for', async () => {
  const { douse } = await goingBack('deployment/shop/production/1');
  const other = { leftOn: [{ flag: 'checkout', by: 'deployment/shop/production/1' }] };
  await expect(douse(other)).rejects.toMatchObject({ type: 'permit.missing' });
  expect(await rule()).toEqual({ shares: { on: FULL } });
});

test('a store that says nothing is not waited for when a flag is turned off, which is not done behind that', async () => {
  await live({ on: true, off: false });
  const list = store.flags.list.bind(store.flags);
  let answer = (): void => undefined;
  const silence = new Promise<void>((resolve) => (answer = resolve));
  vi.spyOn(store.flags, 'list').mockImplementation((...of) => silence.then(() => list(...of)));
  const set = vi.spyOn(store.flags, 'set');
  const doused = activityOf(NEXT.id).run(effects.douseFlag, { ...EFFECT, plan: DARK });
  await expect(doused).rejects.toMatchObject({ type: 'store.unavailable' });
  answer();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(set).not.toHaveBeenCalled();
});
