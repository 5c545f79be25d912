import { expect, test } from 'vitest';
import { watch } from '../../activities/watch.js';
import type { MetricSource } from '../../src/domain/ports.js';
import { TEMPLATES, templateOf } from '../../src/domain/queries.js';
import type { Queries } from '../../src/domain/watch-plan.js';
import { activityOf } from '../support/activity.js';
import { memoryStore } from '../support/memory-store.js';
import {
  away,
  lags,
  of,
  plan,
  release,
  replaces,
  twoRoutersOfEach,
  type TwoRouters,
} from '../support/two-routers.js';
import { WATCH_PLAN, watchInput } from '../support/watching.js';

let two: TwoRouters;
let haproxy: TwoRouters['haproxy'];
let nginx: TwoRouters['nginx'];
twoRoutersOfEach((given) => {
  two = given;
  ({ haproxy, nginx } = given);
});

test('users who go back by shares are not held up by a router that lags: its users stay, and follow by the next share', async () => {
  const { shift, back } = await two.deployment('deploy');
  await shift(10_000);
  away(nginx, true);
  expect(await back(7_500)).toMatch(
    /^go on with one router: nginx does not follow: .*; haproxy has followed, and users of nginx may be where they were$/,
  );
  expect(two.shares().map((share) => share?.green)).toEqual([7_500, 10_000]);
  away(nginx, false);
  expect(await back(5_000)).toBeUndefined();
  expect(two.shares().map((share) => share?.green)).toEqual([5_000, 5_000]);
  nginx.fail('split', 'router.refused');
  expect(await back(2_500)).toContain('nginx does not follow');
  await expect(back()).rejects.toMatchObject({ type: 'router.refused' });
  nginx.fail('split', undefined);
  expect(await back()).toBeUndefined();
  expect(two.shares().map((share) => share?.blue)).toEqual([10_000, 10_000]);
});

test('nor are those who come to what a rollback brings back; its last step waits for both', async () => {
  const { shift, provide } = await two.deployment('rollback');
  await provide();
  nginx.fail('split', 'router.unavailable');
  expect(await shift(2_500)).toMatch(/^nginx does not follow/);
  expect(await shift(5_000)).toMatch(/^nginx does not follow/);
  expect(two.shares().map((share) => share?.green)).toEqual([5_000, undefined]);
  await expect(shift(10_000)).rejects.toMatchObject(lags);
  nginx.fail('split', undefined);
  expect(await shift(10_000)).toBeUndefined();
  expect(two.shares().map((share) => share?.green)).toEqual([10_000, 10_000]);
});

test.each(['deploy', 'rollback'] as const)(
  'of a router that is gone for good nothing is asked, and what it has stays: %s',
  async (kind) => {
    const { shift, provide, back } = await two.deployment(kind, [8_080, 8_081]);
    away(nginx, true);
    two.gone = ['nginx'];
    expect(await provide()).toEqual({ address: 'http://127.0.0.1:8080' });
    await shift(10_000);
    expect(of(haproxy)?.shares).toEqual({ blue: 0, green: 10_000 });
    expect(await back()).toBe('leave nginx as it is, which is gone');
    expect(of(haproxy)?.shares.blue).toBe(10_000);
    expect(of(nginx)).toMatchObject({ address: 'http://127.0.0.1:1', members: { green: ['http://green'] } });
  },
);

test('one that is said to be gone amid a rollback is left by each step from then on, which the audit and the last step say', async () => {
  const { shift, provide, run, effects, about, store } = await two.deployment('rollback');
  await provide();
  nginx.fail('split', 'router.unavailable');
  const lagging = await shift(5_000);
  expect(store.entries().at(-1)?.details).toMatchObject({ ok: true, lags: lagging });
  away(nginx, true);
  two.gone = ['nginx'];
  expect(await shift(10_000)).toBe('leave nginx as it is, which is gone');
  await run(effects.retireSlot, { ...about, slot: 'blue', drainTimeoutMs: 0 });
  await run(effects.admitInstances, { ...about, release });
  await run(effects.restoreTarget, { ...about, plan, live: replaces });
  const results = store.entries().filter(({ event_type }) => event_type === 'effect.result');
  expect(results.map(({ details }) => [details['effect'], details['left_behind']])).toEqual([
    ['provision', undefined],
    ['shift_traffic', undefined],
    ...['shift_traffic', 'retire_slot', 'admit_instances', 'restore_target'].map((name) => [name, 'nginx']),
  ]);
  await run(effects.undoProvision, about);
  expect(of(haproxy)?.members).not.toHaveProperty('green');
  expect(of(nginx)?.members).toHaveProperty('green');
});

test('said amid a way back that waits for it, that is over; the second listens alone where it did beside the first', async () => {
  const { shift, provide, back } = await two.deployment('deploy', [8_080, 8_081]);
  await provide();
  await shift(5_000);
  for (const change of ['open', 'admit', 'split']) haproxy.fail(change, 'router.unavailable');
  await expect(back()).rejects.toMatchObject({ type: 'router.unavailable' });
  two.gone = ['haproxy'];
  expect(await back()).toBe('leave haproxy as it is, which is gone');
  expect(of(nginx)).toMatchObject({ address: 'http://127.0.0.1:8081', shares: { blue: 10_000 } });
  nginx.routes.clear();
  expect(await provide()).toEqual({ address: 'http://127.0.0.1:8081' });
});

test('a watch asks for what both have counted, and where one is gone for what the other has', async () => {
  const asked: unknown[] = [];
  const queries = { ...templateOf('haproxy+nginx'), latency: 'mine' } as Queries;
  const prometheus: MetricSource = {
    sample: (_, __, watched) => {
      asked.push(watched?.queries);
      return Promise.resolve({ at: Date.now(), counters: [] });
    },
  };
  const { shipped, ...deps } = two.deps(memoryStore());
  const looking = watch({ ...deps, shipped: { routers: {}, ...shipped, metrics: { prometheus } } });
  const input = watchInput({
    ...{ from: Date.now(), until: Date.now() },
    adapters: { provider: 'process', router: 'haproxy+nginx', metrics: 'prometheus' },
    plan: { ...WATCH_PLAN, intervalMs: 3_600_000, stepTimeoutMs: 0, queries },
  });
  for (two.gone of [[], ['nginx']]) await activityOf('d').run(looking, input);
  const { aborted: _, ...alone } = { ...queries, ...TEMPLATES.haproxy };
  expect([asked[0], asked.at(-1)]).toEqual([queries, alone]);
});
