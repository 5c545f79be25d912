import { expect, test } from 'vitest';
import { deliver, type DeliverDeps } from '../../activities/deliver.js';
import type { Message } from '../../src/domain/notification.js';
import type { Policy } from '../../src/domain/policy.js';
import type { Sent } from '../../src/domain/notifier.js';
import { ShipwayError } from '../../src/errors.js';
import { NOTICE } from '../contracts/notifier.js';
import { memoryStore } from '../support/memory-store.js';

const POLICY: Policy = {
  environments: {},
  notifications: { channels: { ops: { kind: 'slack', webhook: 'SHIPWAY_NOTIFY_OPS' } }, pageEveryMs: 1 },
};
const message = (id: string, more: Partial<Message> = {}): Message => ({
  ...{ id, channel: 'ops', about: id, atMostOnce: true, repeats: false, notice: NOTICE, ...more },
});

/** A worker whose channel answers by `send`. */
function lab(send: (sent: Sent, signal: AbortSignal) => Promise<void>, more: Partial<DeliverDeps> = {}) {
  const store = memoryStore();
  const deps: DeliverDeps = {
    store,
    policy: () => Promise.resolve(POLICY),
    notifier: () => Promise.resolve({ send }),
    links: { namespace: 'default', uiUrl: 'http://ui.example' },
    ...more,
  };
  const stop = new AbortController();
  const state = async () => (await store.outbox.list({})).map((m) => [m.state, m.why]);
  return { store, deps, stop, state, go: () => deliver(deps, stop.signal) };
}
const failing = (type: ConstructorParameters<typeof ShipwayError>[0]) => () =>
  Promise.reject(new ShipwayError(type, 'said no'));

test('what is due goes out with its link, once', async () => {
  const sent: Sent[] = [];
  const { store, go, state } = lab((one) => {
    sent.push(one);
    return Promise.resolve();
  });
  await store.outbox.put(Array.from({ length: 25 }, (_, i) => message(String(i))));
  expect(await go()).toEqual({ sent: 25 });
  expect(await go()).toEqual({});
  expect(sent.map(({ id }) => Number(id)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 25 }, (_, i) => i),
  );
  expect(sent[0]).toMatchObject({
    notice: NOTICE,
    link: 'http://ui.example/namespaces/default/workflows/deployment%2Fshop%2Fproduction%2F2',
  });
  expect(new Set((await state()).map(([s]) => s))).toEqual(new Set(['sent']));
});

test.each([
  ['notification.refused', true, 'failed'],
  ['notification.refused', false, 'failed'],
  ['notification.unknown', true, 'unknown'],
] as const)('%s, at most once: %s: it is %s, and in the audit', async (type, atMostOnce, state) => {
  const { store, go } = lab(failing(type));
  await store.outbox.put([message('m', { atMostOnce })]);
  expect(await go()).toEqual({ [state]: 1 });
  expect(await store.outbox.list({})).toMatchObject([{ state, why: 'said no' }]);
  expect(store.entries()).toMatchObject([
    {
      ...{ key: `outbox/m/${state}`, event_type: `notification.${state}`, workflow: NOTICE.workflow },
      details: { channel: 'ops', event: 'parked', attempts: 1, why: 'said no' },
    },
  ]);
});

test.each([
  ['notification.unavailable', true],
  ['notification.unknown', false],
  ['credential.missing', true],
] as const)('%s, at most once: %s: it waits', async (type, atMostOnce) => {
  const { store, deps, stop } = lab(() => Promise.resolve());
  let asked = 0;
  const { outbox } = store;
  const once = {
    ...outbox,
    claim: (most: number) => ((asked += 1) === 1 ? outbox.claim(most) : Promise.resolve([])),
  };
  await outbox.put([message('m', { atMostOnce })]);
  const notifier = failing(type);
  const found = await deliver({ ...deps, store: { ...store, outbox: once }, notifier }, stop.signal);
  expect(found).toEqual({ waiting: 1 });
  expect(await outbox.list({})).toMatchObject([{ state: 'waiting', why: 'said no' }]);
  expect(store.entries()).toEqual([]);
});

test('a channel that the policy has no more is said so', async () => {
  const { store, go, state } = lab(() => Promise.resolve());
  await store.outbox.put([message('m', { channel: 'gone' }), message('n', { channel: 'constructor' })]);
  expect(await go()).toEqual({ failed: 2 });
  expect((await state())[1]).toEqual(['failed', 'the policy has no channel gone any more']);
});

test('interrupted, a message stays marked, and who finds it later says what became of it', async () => {
  const { store, go, stop, state } = lab(async (_, signal) => {
    stop.abort(new Error('the worker ends'));
    await Promise.resolve();
    signal.throwIfAborted();
  });
  await store.outbox.put([message('m')]);
  expect(await go()).toEqual({});
  expect(await state()).toEqual([['sending', undefined]]);
});

test('what was not begun when the worker ended waits', async () => {
  const { store, deps, stop } = lab(() => expect.fail('it was sent'));
  await store.outbox.put([message('m')]);
  const notifier: DeliverDeps['notifier'] = (channel) => {
    stop.abort(new Error('the worker ends'));
    return deps.notifier(channel);
  };
  expect(await deliver({ ...deps, notifier }, stop.signal)).toEqual({ waiting: 1 });
  expect(await store.outbox.list({})).toMatchObject([
    { state: 'waiting', why: 'its worker ended before it was sent' },
  ]);
});

test('nothing is claimed while the policy cannot be read', async () => {
  const { store, go, state } = lab(() => Promise.resolve(), { policy: failing('store.unavailable') });
  await store.outbox.put([message('m')]);
  await expect(go()).rejects.toMatchObject({ type: 'store.unavailable' });
  expect(await state()).toEqual([['waiting', undefined]]);
});

test('what a worker left behind is in the audit as unknown, before it is marked so', async () => {
  const { store, deps, stop, state } = lab(() => Promise.resolve());
  await store.outbox.put([message('m')]);
  const left = await store.outbox.claim(1);
  const outbox = { ...store.outbox, lost: () => Promise.resolve(left) };
  const go = () => deliver({ ...deps, store: { ...store, outbox } }, stop.signal);
  store.away(1, 'audit.append');
  await expect(go()).rejects.toMatchObject({ type: 'store.unavailable' });
  expect((await state())[0]?.[0]).toBe('sending');
  expect(await go()).toEqual({ unknown: 1 });
  expect((await state())[0]?.[0]).toBe('unknown');
  expect(store.entries()).toMatchObject([
    { event_type: 'notification.unknown', details: { why: 'the worker that sent it ended meanwhile' } },
  ]);
});

test('an end without its entry in the audit is none', async () => {
  const { store, go, state } = lab(failing('notification.refused'));
  await store.outbox.put([message('m')]);
  store.away(1, 'audit.append');
  await expect(go()).rejects.toMatchObject({ type: 'store.unavailable' });
  expect(await state()).toEqual([['sending', undefined]]);
});

test('a channel that does not answer keeps no message of another', async () => {
  let held = 0;
  const { store, deps, stop } = lab(({ id }, signal) => {
    if (id !== 'page') {
      held += 1;
      return new Promise((_, no) => void signal.addEventListener('abort', no));
    }
    setImmediate(() => {
      stop.abort(new Error('enough'));
    });
    return Promise.resolve();
  });
  const { channels } = POLICY.notifications ?? expect.fail();
  const slow = Array.from({ length: 20 }, (_, i) => message(String(i)));
  await store.outbox.put([...slow, message('page', { channel: 'pager' })]);
  const pager = { kind: 'slack', webhook: 'SHIPWAY_NOTIFY_P' } as const;
  const policy: Policy = { ...POLICY, notifications: { channels: { ...channels, pager }, pageEveryMs: 1 } };
  expect(await deliver({ ...deps, policy: () => Promise.resolve(policy) }, stop.signal)).toEqual({ sent: 1 });
  expect(held).toBe(3);
}, 5_000);
