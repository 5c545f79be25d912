import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EffectDeps } from '../../activities/deps.js';
import type { Instance, Provider } from '../../src/domain/ports.js';
import type { Live, Slot, TargetState } from '../../src/domain/target.js';
import { ShipwayError } from '../../src/errors.js';
import { restoreLive } from '../../src/worker/restore-live.js';
import { admitRow } from '../support/admitted.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

let world: FakeWorld;
let store: MemoryStore;
let logged: string[];
let end: AbortController;
beforeEach(() => {
  world = fakeWorld();
  store = memoryStore();
  logged = [];
  end = new AbortController();
});
afterEach(() => {
  world.close();
});

const never = new AbortController().signal;
const releaseOf = (service: string, version: string) =>
  requestFor(service, 'production', version, 'r').release;
const { configuration } = deploymentPlan();
const live = (service: string, version: string, slot: Slot, n: number): Live => ({
  ...{ release: releaseOf(service, version), slot, configuration, since: '2026-01-01T00:00:00.000Z' },
  deployment: `deployment/${service}/production/${String(n)}`,
});
type More = Partial<Pick<TargetState, 'live' | 'knownGood' | 'host'>>;
/** Its v1 is live in green and known to the router there, on this host. */
async function target(service: string, more: More = {}): Promise<TargetState> {
  const v1 = live(service, 'v1', 'green', 1);
  const state: TargetState = {
    ...{ schema: 1, service, environment: 'production', holdMarks: [], nextN: 3, revision: 0, host: 'me' },
    ...{ live: v1, knownGood: v1, ...more },
  };
  await store.targets.save(state);
  await world.router.open(state, undefined, never);
  await world.router.admit(state, 'green', v1.release.digest, ['http://127.0.0.1:1'], never);
  return state;
}
/** v2 is on its way in blue, and has users or is promoted. */
async function moving(service: string, promoted: boolean, plan = deploymentPlan()): Promise<TargetState> {
  const v2 = live(service, 'v2', 'blue', 2);
  const state = await target(service, promoted ? { live: v2 } : {});
  await world.router.admit(state, 'blue', v2.release.digest, ['http://127.0.0.1:2'], never);
  await admitRow(store, {
    ...{ service, environment: 'production', id: v2.deployment, n: 2, kind: 'deploy', requestId: 'r' },
    ...{ requestedBy: 'ann', release: v2.release, replaces: releaseOf(service, 'v1') },
    ...{ plan, startedAt: '2026-01-01T00:00:00.000Z' },
  });
  return state;
}
/** What the host has of the slot: one instance, where the router knows it. */
function instance(service: string, slot: Slot, version: string, state: Instance['state']): void {
  const { digest: release } = releaseOf(service, version);
  const url = `http://127.0.0.1:${slot === 'green' ? '1' : '2'}`;
  const instances = [{ id: slot, url, state, startedAt: 'then' }];
  world.slots.set(`${service}/production/${slot}`, { slot, release, version, configuration: '', instances });
}
const restore = (effects: Partial<EffectDeps> = {}) =>
  restoreLive({
    ...{ host: 'me', signal: end.signal },
    effects: { store, ...world, metrics: { sample: () => Promise.reject(new Error('unused')) }, ...effects },
    log: pino({}, { write: (line: string) => void logged.push(line) }),
  });
const route = (service: string) => world.routes.get(`${service}/production/`);
const audited = () =>
  store.entries().map((e) => `${e.event_type} ${e.version} ${e.details['role'] as string} ${e.workflow}`);
const DEPLOYMENT = 'deployment/shop/production/';

test.each([
  ['ended with its host', 'lost'],
  ['was never noted here', undefined],
] as const)('what is live and %s runs again, known to the router; no share is changed', async (_, state) => {
  await target('shop');
  if (state !== undefined) instance('shop', 'green', 'v1', state);
  const { shares } = route('shop') ?? {};
  await restore();
  expect(world.log).toEqual(['ensure green v1']);
  expect(route('shop')?.shares).toEqual(shares);
  const urls = world.slots.get('shop/production/green')?.instances.map((i) => i.url);
  expect(route('shop')?.members.green).toEqual(urls);
  expect(audited()).toEqual([`live.restored v1 live ${DEPLOYMENT}1`]);
  expect(logged).toEqual([]);
});

test.each(['ready', 'starting', 'not_ready'] as const)('what lives is not touched: %s', async (state) => {
  await moving('shop', true);
  instance('shop', 'green', 'v1', state);
  instance('shop', 'blue', 'v2', state);
  await restore();
  expect(world.log).toEqual([]);
  expect(audited()).toEqual([]);
});

test('targets of other hosts, and those with nothing live, are left alone', async () => {
  await target('a', { host: 'other' });
  const { live: of, ...rest } = await target('b');
  expect(of).toBeDefined();
  expect(await store.targets.save({ ...rest, revision: 1 })).toBe(true);
  await restore();
  expect(world.log).toEqual([]);
});

test('after a reboot in a canary stable and candidate run again, in a bake what is live and its way back', async () => {
  await moving('shop', false);
  instance('shop', 'green', 'v1', 'lost');
  instance('shop', 'blue', 'v2', 'lost');
  await restore();
  expect([...world.log].sort()).toEqual(['ensure blue v2', 'ensure green v1']);
  expect(audited().sort()).toEqual([
    `live.restored v1 live ${DEPLOYMENT}1`,
    `live.restored v2 candidate ${DEPLOYMENT}2`,
  ]);
  world.log.length = 0;
  await moving('baking', true);
  await restore();
  expect([...world.log].sort()).toEqual(['ensure blue v2', 'ensure green v1']);
  expect(audited().sort().slice(-1)).toEqual(['live.restored v2 live deployment/baking/production/2']);
});

test('where a deployment moves instances, as many run again as there were', async () => {
  const strategy = { kind: 'rolling', batchSize: 1, pauseMs: 1_000, onBadBatch: 'ask' } as const;
  await moving('shop', false, deploymentPlan({ strategy }));
  instance('shop', 'green', 'v1', 'lost');
  await restore();
  expect(world.log).toEqual(['ensure green v1 × 1']);
});

test('what crashed by itself while its deployment is open stays so: the watch is to see it', async () => {
  await moving('shop', true);
  instance('shop', 'blue', 'v2', 'gone');
  instance('shop', 'green', 'v1', 'gone');
  await restore();
  expect(world.log).toEqual([]);
  await moving('canary', false);
  instance('canary', 'blue', 'v2', 'gone');
  instance('canary', 'green', 'v1', 'lost');
  await restore();
  expect(world.log).toEqual(['ensure green v1']);
});

test('with no deployment open nobody else starts what is live', async () => {
  await target('shop');
  instance('shop', 'green', 'v1', 'gone');
  await restore();
  expect(world.log).toEqual(['ensure green v1']);
});

test('a candidate that the router does not have yet, and a slot that has been taken since, are not started', async () => {
  const state = await moving('shop', false);
  instance('shop', 'green', 'v1', 'ready');
  await world.router.withdraw(state, 'blue', never);
  await restore();
  await moving('taken', true);
  instance('taken', 'green', 'v0', 'lost');
  instance('taken', 'blue', 'v2', 'ready');
  await restore();
  expect(world.log).toEqual([]);
});

test('what was started and not yet made known when the worker died is made known', async () => {
  const state = await moving('shop', true);
  instance('shop', 'blue', 'v2', 'ready');
  instance('shop', 'green', 'v1', 'ready');
  await world.router.admit(state, 'blue', releaseOf('shop', 'v2').digest, ['http://127.0.0.1:9'], never);
  await restore();
  expect(world.log).toEqual(['ensure blue v2']);
});

test('the record is read just before the start: what has gone on meanwhile is left alone', async () => {
  const state = await moving('shop', false);
  const observe: Provider['observe'] = async (t, signal) => {
    const end = { endedAt: 'now', outcome: 'rolled_back', reason: 'bad' } as const;
    await store.deployments.finish(`${DEPLOYMENT}2`, end);
    await world.router.withdraw(state, 'blue', signal);
    return world.provider.observe(t, signal);
  };
  await restore({ provider: { ...world.provider, observe } });
  expect(world.log).toEqual(['ensure green v1']);
});

test('a router that starts later than the worker is waited for, and what is live runs meanwhile', async () => {
  await target('shop');
  let asked = 0;
  const observe: typeof world.router.observe = (t, signal) =>
    (asked += 1) < 4
      ? Promise.reject(new ShipwayError('router.unavailable', 'not yet'))
      : world.router.observe(t, signal);
  await restore({ router: { ...world.router, observe } });
  expect(world.log[0]).toBe('ensure green v1');
  expect(route('shop')?.members.green).not.toEqual(['http://127.0.0.1:1']);
  expect(audited()).toHaveLength(1);
});

test('what may pass is tried again, and anything else said in log and audit; neither holds up another', async () => {
  for (const service of ['bad', 'late', 'good']) await target(service);
  let tried = 0;
  const ensure: Provider['ensure'] = (t, ...more) => {
    if (t.service === 'bad') return Promise.reject(new ShipwayError('instance.not_ready', 'it hangs'));
    if (t.service === 'late' && (tried += 1) < 3)
      return Promise.reject(new ShipwayError('artifact.missing', 'not here yet'));
    return world.provider.ensure(t, ...more);
  };
  let silent = true;
  const append: typeof store.audit.append = (entries) => {
    if (!silent) return store.audit.append(entries);
    silent = false;
    return Promise.reject(new ShipwayError('store.unavailable', 'PostgreSQL is gone'));
  };
  await restore({
    provider: { ...world.provider, ensure },
    store: { ...store, audit: { ...store.audit, append } },
  });
  expect(audited().sort()).toEqual([
    'live.not_restored v1 live deployment/bad/production/1',
    'live.restored v1 live deployment/good/production/1',
    'live.restored v1 live deployment/late/production/1',
  ]);
  const lines = logged.map((line) => JSON.parse(line) as { level: number });
  expect(lines.filter((l) => l.level === 50)).toMatchObject([
    { service: 'bad', environment: 'production', slot: 'green', why: 'it hangs' },
  ]);
  expect(lines.filter((l) => l.level === 40)).toHaveLength(3);
});

test('told to end it ends where it is, and says nothing', async () => {
  await target('shop');
  const begun = world.stall('ensure', true);
  const restoring = restore();
  await expect.poll(begun).toBe(1);
  end.abort();
  await restoring;
  expect([logged, audited()]).toEqual([[], []]);
});
