import { beforeEach, expect, test } from 'vitest';
import { closeGate, openQuestion } from '../../activities/gates.js';
import { remindOfGate, tellDrift, tellEnd } from '../../activities/tell.js';
import type { GateState } from '../../src/domain/gate.js';
import type { Policy } from '../../src/domain/policy.js';
import { ShipwayError } from '../../src/errors.js';
import { activityOf } from '../support/activity.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { deploymentPlan } from '../support/plans.js';

const REF = { service: 'shop', environment: 'production' };
const ABOUT = { ...REF, version: 'v2' };
const ASKED = { ...ABOUT, question: 'undo_incomplete', title: 'could not be undone: x' } as const;
const TO = ['ops', 'pager'];
const POLICY: Policy = {
  environments: {
    production: {
      identity: 'asserted',
      approvals: { requiredApprovals: 0, expiresAfterMs: 1, selfApproval: false, onBaseChanged: 'fail' },
      notify: { undo_failed: TO, rolled_back: TO, drift: TO },
    },
  },
  notifications: {
    channels: {
      ops: { kind: 'slack', webhook: 'SHIPWAY_NOTIFY_OPS' },
      pager: { kind: 'pagerduty', routingKey: 'SHIPWAY_NOTIFY_P', url: 'https://e' },
    },
    pageEveryMs: 60_000,
  },
};

let store: MemoryStore;
let kicks: number;
beforeEach(() => {
  store = memoryStore();
  kicks = 0;
});
const courier = {
  kick: () => void (kicks += 1),
  deliver: () => Promise.resolve({}),
  missing: () => Promise.resolve([]),
};
const deps = (policy: () => Promise<Policy> = () => Promise.resolve(POLICY)) => ({ store, policy, courier });
const workflow = 'deployment/shop/production/2';
const by = (activityId: string) => activityOf(workflow, { activityId });
const rows = async () =>
  (await store.outbox.list({}))
    .map(({ channel, state, notice }) => `${channel} ${state} ${notice.title}`)
    .reverse();

test('a question is told once however often its opening is tried, and its end closes the alarm', async () => {
  const open = () => by('1').run(openQuestion(deps()), ASKED);
  const gate: GateState = await open();
  await open();
  expect(gate.remind).toEqual({ afterMs: 60_000, repeats: true });
  const said = 'could not be undone, a decision is asked: shop v2 → production';
  expect(await rows()).toEqual([`ops waiting ${said}`, `pager waiting ${said}`]);
  await by('2').run(closeGate(deps()), { ...ABOUT, gate: { ...gate, verdict: 'approved' } });
  expect(await rows()).toEqual([
    `ops withdrawn ${said}`,
    `pager withdrawn ${said}`,
    `ops withdrawn approved: ${said}`,
    `pager waiting approved: ${said}`,
  ]);
  await by('3').run(remindOfGate(deps()), { ...ABOUT, gate });
  expect(await rows()).toHaveLength(4);
});

test('of an end, once a deployment; a recovery has none of its own', async () => {
  const row = rowOf(REF, 2);
  const end = { outcome: 'rolled_back', reason: 'errors' } as const;
  const tell = (kind: 'deploy' | 'recover') => by('1').run(() => tellEnd(deps(), { ...row, kind }, end));
  await tell('recover');
  expect(await rows()).toEqual([]);
  await tell('deploy');
  await tell('deploy');
  expect(await rows()).toHaveLength(2);
});

test('channels that the service names hear of trouble too, by the plan of what it is about', async () => {
  const { notifications } = POLICY;
  const hook = { kind: 'webhook', url: 'SHIPWAY_NOTIFY_H' } as const;
  const channels = { ...notifications?.channels, hook };
  const rules = { ...POLICY, notifications: { pageEveryMs: 60_000, channels } };
  const at = deps(() => Promise.resolve(rules));
  await admitRow(store, rowOf(REF, 2, { plan: deploymentPlan({ notificationChannels: ['hook'] }) }));
  const parked = { ...ABOUT, question: 'parked', title: 'in doubt' } as const;
  const gate: GateState = await by('1').run(openQuestion(at), parked);
  expect(gate.remind).toEqual({ afterMs: 60_000, repeats: true });
  await by('2').run(remindOfGate(at), { ...ABOUT, gate });
  await by('3').run(openQuestion(at), ASKED);
  // Somebody waits for the word of a person: that is told again, too.
  const paused: GateState = await by('4').run(openQuestion(at), { ...parked, question: 'paused' });
  expect(paused.remind).toEqual(gate.remind);
  // A target has no plan: that of its newest deployment says it.
  await activityOf('target/shop/production').run(openQuestion(at), {
    ...ABOUT,
    question: 'stuck',
    title: 't',
  });
  const heard = (await store.outbox.list({})).map(({ channel, notice }) => `${notice.event} ${channel}`);
  expect(heard.reverse()).toEqual([
    ...['parked hook', 'parked hook', 'undo_failed ops', 'undo_failed pager', 'undo_failed hook'],
    ...['paused hook', 'stuck hook'],
  ]);
});

test('drift is an alarm of its target, closed when it is over', async () => {
  await by('1').run(() => tellDrift(deps(), ABOUT, ['1 of 2 instances run']));
  await by('2').run(() => tellDrift(deps(), ABOUT, []));
  const all = await store.outbox.list({});
  expect(new Set(all.map(({ about }) => about))).toEqual(new Set(['target/shop/production/drift']));
  expect(all.map(({ channel, state }) => `${channel} ${state}`)).toEqual([
    ...['pager waiting', 'ops withdrawn', 'pager withdrawn', 'ops withdrawn'],
  ]);
});

test.each([
  ['the policy cannot be read', () => Promise.reject(new ShipwayError('store.unavailable', 'away')), 0, 15],
  ['the outbox is away', () => Promise.resolve(POLICY), 1, 1],
])('%s: the question opens, is told again later, and the log says so', async (_, policy, away, minutes) => {
  store.away(away, 'outbox.put');
  const one = by('1');
  const gate: GateState = await one.run(openQuestion(deps(policy)), ASKED);
  expect(gate.verdict).toBe('open');
  expect(gate.remind).toEqual({ afterMs: minutes * 60_000, repeats: true });
  expect(one.logged.map(({ message }) => message)).toContain('people could not be told');
  expect(kicks).toBe(0);
});

test('a policy that tells nobody puts nothing, and has nobody told again', async () => {
  const { environments } = POLICY;
  const gate: GateState = await by('1').run(
    openQuestion(deps(() => Promise.resolve({ environments }))),
    ASKED,
  );
  expect([gate.remind, await rows(), kicks]).toEqual([undefined, [], 0]);
});
