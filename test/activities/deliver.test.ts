import { expect, test } from 'vitest';
import { deliver, type DeliverDeps } from '../../activities/deliver.js';
import type { Message } from '../../src/domain/notification.js';
import type { Policy } from '../../src/domain/policy.js';
import type { Sent } from '../../src/domain/ports.js';
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

test('what a worker left behind is in the audit as unknown', async () => {
  const { store, deps } = lab(() => Promise.resolve());
  const row = {
    ...message('m'),
    state: 'unknown',
    attempts: 1,
    createdAt: '',
    changedAt: '',
    why: 'it ended',
  } as const;
  const outbox = { ...store.outbox, lost: () => Promise.resolve([row]) };
  expect(await deliver({ ...deps, store: { ...store, outbox } }, new AbortController().signal)).toEqual({
    unknown: 1,
  });
  expect(store.entries()).toMatchObject([
    { event_type: 'notification.unknown', details: { why: 'it ended' } },
  ]);
});
