import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FlagWish } from '../../src/domain/flags.js';
import type { Strategy } from '../../src/domain/plan.js';
import { newTarget } from '../../src/domain/target.js';
import { digestOf } from '../../src/hash.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { deploymentPlan, statement } from '../support/plans.js';
import { ask, json, lab, type Lab } from './server.js';

const TARGET = { service: 'shop', environment: 'production' };
const never = new AbortController().signal;
let api: Lab;
beforeAll(async () => {
  api = await lab();
  const text = JSON.stringify({ environments: { production: {}, other: {} } });
  await api.store.policy.publish({ hash: 'h', text, acceptedAt: new Date().toISOString(), worker: 'w' });
  for (const environment of ['production', 'gone', 'other']) {
    await api.store.targets.save(newTarget({ ...TARGET, environment }));
    const flags = [{ name: 'checkout', variants: { on: true, off: false }, off: 'off' }];
    await api.store.flags.declare({ ...TARGET, environment }, { version: 'v1', flags }, never);
  }
});
afterAll(() => api.close());

const list = async (query = '') => json(await ask(`${api.url}/v1/flags${query}`));
type Wish = Omit<FlagWish, 'wish'>;
const set = (wish: Partial<Wish>, said: object = {}, body: object = {}) => {
  const asked: Wish = { ...TARGET, flag: 'checkout', ...wish };
  const by = statement('ann', 'set_flag', digestOf({ wish: 'set_flag', ...asked }), said);
  return ask(`${api.url}/v1/flags`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, statement: by, ...body }),
  });
};
const rule = { named: { variant: 'on', users: ['ann'], groups: [] }, shares: { on: 2_000 } };

test('a flag is set for a statement about exactly that, once; both are in the audit', async () => {
  const once = { nonce: 'once', reason: 'a fifth first' };
  expect(json(await set({ rule }, once))).toMatchObject({
    flag: { ...TARGET, declaration: { name: 'checkout' }, version: 'v1', rule, set: { by: 'ann' } },
  });
  for (const again of [once, { verb: 'rollback' }, { on: 'x' }, { until: '2020-01-01T00:00:00Z' }])
    expect(await set({ rule }, again)).toMatchObject({ status: 403 });
  expect(await set({ rule }, {}, { rule: { shares: { on: 10_000 } } })).toMatchObject({ status: 403 });
  expect(json(await set({}))).not.toHaveProperty('flag.rule');
  const entries = await api.store.audit.list({ ...TARGET, workflow: 'flag/shop/production/checkout' });
  const to = 'users ann: on; others: 20% on, else off';
  const details = { flag: 'checkout', from: 'off', to, reason: 'a fifth first' };
  expect(entries.map(({ entry: e }) => [e.event_type, e.user, e.details])).toEqual([
    ['effect.intent', 'ann', { effect: 'flag.set', ...details }],
    ['flag.set', 'ann', details],
    ['effect.intent', 'ann', { effect: 'flag.set', flag: 'checkout', from: to, to: 'off' }],
    ['flag.set', 'ann', { flag: 'checkout', from: to, to: 'off' }],
  ]);
  expect(entries[1]?.entry).toMatchObject({ ip_address: '127.0.0.1', statement: { nonce: 'once' } });
});

test.each<[string, Partial<Wish>, number, string, string]>([
  [
    'unknown',
    { flag: 'chekcout' },
    404,
    'flag.unknown',
    'no release of shop in production has declared a flag "chekcout"',
  ],
  ['of no target', { service: 'blog' }, 404, 'flag.unknown', 'no release of blog in production has declared'],
  [
    'with an unknown variant',
    { rule: { shares: { x: 1 } } },
    409,
    'flag.rule',
    'checkout has no variant "x"',
  ],
  [
    'where the policy names nothing any more',
    { environment: 'gone' },
    403,
    'policy.unknown_environment',
    'the policy names no environment "gone"',
  ],
])('a flag %s is refused with the reason, and nothing is changed', async (_, wish, code, type, message) => {
  const before = await api.store.flags.revision(never);
  const answer = await set(wish);
  expect([answer.status, json(answer)]).toMatchObject([
    code,
    { error: { type, message: expect.stringContaining(message) as string } },
  ]);
  expect(await api.store.flags.revision(never)).toBe(before);
});

test.each([
  { shares: { on: 0 } },
  { shares: { on: 10_001 } },
  { shares: { on: 0.5 } },
  { shares: {}, named: { variant: 'on', users: [], groups: [] } },
  { shares: {}, named: { variant: 'on', users: ['a\nb'], groups: [] } },
  { shares: {}, more: 1 },
  'on',
])('%j is no rule', async (wrong) => {
  expect((await set({}, {}, { rule: wrong })).status).toBe(400);
});

test('a flag that a deployment turns on is left to it', async () => {
  const other = { ...TARGET, environment: 'other' };
  const strategy = {
    kind: 'feature_flag',
    flag: 'checkout',
    variant: 'on',
    steps: [10_000],
    stepDurationMs: 1,
  };
  const plan = deploymentPlan({ strategy: strategy as Strategy });
  await admitRow(api.store, rowOf(other, 1, { plan }));
  expect(await set({ environment: 'other' })).toMatchObject({
    status: 409,
    text: expect.stringContaining(
      '"flag.ramping","message":"deployment/shop/other/1 ships v1 dark with it, and turns it on step by step"',
    ) as string,
  });
  const end = { endedAt: new Date().toISOString(), outcome: 'shipped', reason: '' } as const;
  await api.store.deployments.finish('deployment/shop/other/1', end);
  expect((await set({ environment: 'other' })).status).toBe(200);
  // What goes back to a release that once was shipped like that turns nothing on.
  await admitRow(api.store, rowOf(other, 2, { kind: 'rollback', plan }));
  expect((await set({ environment: 'other' })).status).toBe(200);
});

test('the list is of all targets, or of those that are asked for', async () => {
  const environments = async (query?: string) =>
    ((await list(query)) as { environment: string }[]).map(({ environment }) => environment);
  expect(await environments()).toEqual(['gone', 'other', 'production']);
  expect(await environments('?service=shop&environment=other')).toEqual(['other']);
  expect(await environments('?service=blog')).toEqual([]);
  expect((await ask(`${api.url}/v1/flags?flag=x`)).status).toBe(400);
});
