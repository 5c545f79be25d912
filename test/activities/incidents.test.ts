import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { closeIncident, openIncident, verifyServing } from '../../activities/incidents.js';
import type { Incident } from '../../src/domain/incident.js';
import { FULL } from '../../src/domain/plan.js';
import type { Policy } from '../../src/domain/policy.js';
import { newTarget, type Live } from '../../src/domain/target.js';
import { activityOf } from '../support/activity.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan } from '../support/plans.js';

const REF = { service: 'shop', environment: 'production' };
const never = new AbortController().signal;
const plan = deploymentPlan({ configuration: { ...deploymentPlan().configuration, replicas: 2 } });
const row = { ...rowOf(REF, 1), plan };
const live: Live = {
  ...{ release: row.release, slot: 'blue', configuration: plan.configuration, deployment: row.id, since: '' },
};
const INCIDENT: Incident = {
  ...{ ...REF, version: 'v1', id: 'emergency/deployment/shop/production/1' },
  ...{ severity: 'error', by: 'carol', reason: 'checkout fails' },
};

let world: FakeWorld;
let store: MemoryStore;
beforeEach(async () => {
  world = fakeWorld();
  store = memoryStore();
  await admitRow(store, row);
  await store.targets.save({ ...newTarget(REF), live, revision: 1 });
  const { provider, router } = world;
  const all = await provider.ensure(REF, 'blue', row.release, plan.configuration, never);
  await router.open(REF, undefined, never);
  const urls = all.map((i) => i.url);
  await router.admit(REF, 'blue', row.release.digest, urls, never);
  await split({ blue: FULL });
});
afterEach(() => {
  world.close();
});
const split = (shares: object) =>
  world.router.split(REF, { shares, candidate: 'blue', salt: '', userKey: [] }, never);
const look = () => {
  const metrics = { sample: () => Promise.reject(new Error('unused')) };
  return activityOf('target/shop/production').run(verifyServing({ store, ...world, metrics }), REF);
};

test('what serves whole is well', async () => {
  expect(await look()).toEqual({ serves: 'v1 in blue', unwell: [] });
});

test('everything that is not as it should be is named', async () => {
  await world.router.admit(REF, 'green', 'other', ['http://127.0.0.1:1'], never);
  await split({ blue: 2_500, green: 7_500 });
  world.kill(world.started[0] ?? '');
  const { serves, unwell } = await look();
  expect(serves).toBe('v1 in blue');
  expect(unwell.slice(0, 2)).toEqual(['25 % of the users are sent to it', '1 of 2 instances are ready']);
  expect(unwell.slice(2).join('; ')).toMatch(/1 of 2 health checks fail.*did not answer/);
});

test('a router that does not answer is named, too, and nothing live that still has users', async () => {
  world.fail('observe', 'router.unavailable', 1);
  expect((await look()).unwell).toEqual(['observe was made to fail']);
  const { live: _, ...rest } = (await store.targets.load(REF)) ?? newTarget(REF);
  await store.targets.save(rest);
  expect(await look()).toEqual({ serves: 'nothing', unwell: ['the router still sends users to blue'] });
});

test('one that hangs is named in time, and not waited for', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  world.stall('observe', true);
  const found = look();
  await vi.advanceTimersByTimeAsync(5_000);
  expect((await found).unwell).toEqual(['the router gave no answer within 4s']);
});

test('another port than the live one asked for is named', async () => {
  const asked = { ...rowOf(REF, 2), release: row.release, plan: { ...plan, listen: 9_000 } };
  await admitRow(store, asked);
  const state = (await store.targets.load(REF)) ?? newTarget(REF);
  await store.targets.save({ ...state, live: { ...live, deployment: asked.id } });
  expect((await look()).unwell).toEqual(['gateway serves it at http://127.0.0.1:1; recorded is port 9000']);
});

const POLICY: Policy = {
  environments: {
    production: {
      identity: 'asserted',
      notify: { emergency: ['pager'] },
      approvals: {
        ...{ requiredApprovals: 0, expiresAfterMs: 1, selfApproval: false },
        onBaseChanged: 'ask_again',
      },
    },
  },
  notifications: {
    pageEveryMs: 1_000,
    channels: { pager: { kind: 'webhook', url: 'SHIPWAY_NOTIFY_PAGER' } },
  },
};
const telling = () => ({ store, policy: () => Promise.resolve(POLICY) });

test('an incident is opened once and people are told; it is over for them when what serves is well', async () => {
  const deps = telling();
  const by = (activityId: string) => activityOf('target/shop/production', { activityId });
  for (const n of ['1', '2']) await by(n).run(openIncident(deps), INCIDENT);
  for (const unwell of [['a'], []])
    await by(`3${unwell.join()}`).run(closeIncident(deps), {
      ...INCIDENT,
      found: { serves: 'v1 in blue', unwell },
    });
  const events = store.entries().map((e) => [e.event_type, e.user, e.details['ok']]);
  expect(events.filter(([event]) => event === 'incident.opened')).toEqual([
    ['incident.opened', 'carol', undefined],
  ]);
  const told = (await store.outbox.list({})).map(({ notice }) => [
    notice.title,
    notice.severity,
    notice.closes,
  ]);
  expect(told.reverse()[0]).toEqual(['emergency: shop v1 → production', 'error', undefined]);
  expect(told.at(-1)?.[0]).toMatch(/^(not )?over: emergency/);
});

test('declared again after it was found well it is opened again, once, and people are told; what is not well is still open', async () => {
  const deps = telling();
  let n = 0;
  const declare = (asked = Date.now() + 1): Promise<void> =>
    activityOf('target/shop/production', { scheduledTimestampMs: asked }).run(openIncident(deps), INCIDENT);
  const close = (unwell: readonly string[]): Promise<void> =>
    activityOf('target/shop/production', { activityId: String(++n) }).run(closeIncident(deps), {
      ...INCIDENT,
      found: { serves: 'v1 in blue', unwell },
    });
  const opened = async () => [
    store.entries().filter((e) => e.event_type === 'incident.opened').length,
    (await store.outbox.list({})).filter(({ notice }) => notice.title.startsWith('emergency')).length,
  ];
  const asked = Date.now();
  await declare(asked);
  await close(['a']);
  await declare();
  expect(await opened()).toEqual([1, 1]);
  await close([]);
  // What was asked for before that is tried once more: it was open then.
  await declare(asked);
  expect(await opened()).toEqual([1, 1]);
  await declare();
  await declare();
  expect(await opened()).toEqual([2, 2]);
});
