import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EffectDeps } from '../../activities/deps.js';
import type { TargetState } from '../../src/domain/target.js';
import { ShipwayError } from '../../src/errors.js';
import { restoreLive } from '../../src/worker/restore-live.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

let world: FakeWorld;
let store: MemoryStore;
let logged: string[];
beforeEach(() => {
  world = fakeWorld();
  store = memoryStore();
  logged = [];
});
afterEach(() => {
  world.close();
});

async function target(service: string, host: string | undefined, live = true): Promise<TargetState> {
  const state: TargetState = {
    ...{ schema: 1, service, environment: 'production', holdMarks: [], nextN: 2, revision: 0 },
    ...(host === undefined ? {} : { host }),
    ...(live
      ? {
          live: {
            release: requestFor(service, 'production', 'v1', 'r').release,
            slot: 'green' as const,
            configuration: deploymentPlan().configuration,
            deployment: `deployment/${service}/production/1`,
            since: '2026-01-01T00:00:00.000Z',
          },
        }
      : {}),
  };
  await store.targets.save(state);
  return state;
}
const restore = (effects: Partial<EffectDeps> = {}) =>
  restoreLive({
    ...{ store, host: 'me' },
    effects: { store, ...world, metrics: { sample: () => Promise.reject(new Error('unused')) }, ...effects },
    log: pino({}, { write: (line: string) => void logged.push(line) }),
  });
const routed = async (state: TargetState): Promise<void> => {
  const signal = new AbortController().signal;
  await world.router.open(state, undefined, signal);
  const shares = { green: 10_000 };
  await world.router.split(state, { shares, candidate: 'green', salt: '', userKey: [] }, signal);
  world.log.length = 0;
};
const route = (service: string) => world.routes.get(`${service}/production/`);

test('what was live on this host runs again, in its slot, known to the router; no share is changed', async () => {
  await routed(await target('shop', 'me'));
  await restore();
  expect(world.log).toEqual(['ensure green v1']);
  expect(route('shop')).toMatchObject({ shares: { green: 10_000 } });
  expect(route('shop')?.members.green).toHaveLength(1);
  expect(logged).toEqual([]);
});

test('targets of other hosts, and those with nothing live, are left alone', async () => {
  for (const [service, host, live] of [
    ['a', 'other', true],
    ['b', undefined, true],
    ['c', 'me', false],
  ] as const)
    await routed(await target(service, host, live));
  await restore();
  expect(world.log).toEqual([]);
});

test('a router that knows the instances already is not told again; one that knows no target is not either', async () => {
  const state = await target('shop', 'me');
  await routed(state);
  await restore();
  world.fail('admit', 'router.refused');
  await restore();
  await target('unknown', 'me');
  await restore();
  expect(logged).toEqual([]);
  expect(route('unknown')).toBeUndefined();
});

test('a router that starts later than the worker is waited for, and the instances run meanwhile', async () => {
  await routed(await target('shop', 'me'));
  let asked = 0;
  const observe: typeof world.router.observe = (t, signal) =>
    (asked += 1) < 4
      ? Promise.reject(new ShipwayError('router.unavailable', 'not yet'))
      : world.router.observe(t, signal);
  await restore({ router: { ...world.router, observe } });
  expect(asked).toBe(4);
  expect(route('shop')?.members.green).toHaveLength(1);
});

test('one that cannot be put back is said so and holds up no other', async () => {
  await routed(await target('bad', 'me'));
  await routed(await target('good', 'me'));
  const ensure: typeof world.provider.ensure = (t, ...more) =>
    t.service === 'bad'
      ? Promise.reject(new ShipwayError('artifact.missing', 'it is gone'))
      : world.provider.ensure(t, ...more);
  await restore({ provider: { ...world.provider, ensure } });
  expect(route('good')?.members.green).toHaveLength(1);
  expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 50, service: 'bad', environment: 'production', why: 'it is gone' },
  ]);
});
