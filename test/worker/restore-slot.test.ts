import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Done } from '../../src/worker/restore-slot.js';
import { restoreLive } from '../../src/worker/restore-live.js';
import { restoreSlot } from '../../src/worker/restore-slot.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { REF, lags, of, plan, replaces, twoRouters } from '../support/two-routers.js';

let two: Awaited<ReturnType<typeof twoRouters>>;
beforeEach(async () => {
  two = await twoRouters();
});
afterEach(() => {
  two.close();
});

/** v1, which was live, has ended with its host. */
async function lost(): Promise<MemoryStore> {
  const store = memoryStore();
  const ended = { outcome: 'shipped', endedAt: '', reason: '' } as const;
  await admitRow(store, rowOf(REF, 1, { plan, release: replaces.release, ...ended }));
  const state = await store.targets.load(REF);
  if (state !== undefined) await store.targets.save({ ...state, live: replaces, host: 'me' });
  two.haproxy.slots.clear();
  return store;
}

test('with one of two routers away what runs again is handed over for the audit, and that one is told as soon as it answers', async () => {
  const { haproxy, nginx } = two;
  const store = await lost();
  const did: Done[] = [];
  const restore = () =>
    restoreSlot(two.deps(store), REF, 'blue', new AbortController().signal, (done) => {
      did.push(done);
      return Promise.resolve();
    });
  nginx.fail('admit', 'router.unavailable');
  await expect(restore()).rejects.toMatchObject(lags);
  expect(did).toMatchObject([{ event_type: 'live.restored', details: { instances: 1 } }]);
  nginx.fail('admit', undefined);
  await restore();
  const urls = haproxy.slots.get('shop/production/blue')?.instances.map(({ url }) => url);
  expect([haproxy, nginx].map((world) => of(world)?.members.blue)).toEqual([urls, urls]);
});

test('that is in the audit at once and once, and in the end why the other does not follow', async () => {
  const { nginx } = two;
  const store = await lost();
  const logged: string[] = [];
  nginx.fail('admit', 'router.unavailable');
  const restoring = restoreLive({
    ...{ host: 'me', signal: new AbortController().signal, effects: two.deps(store) },
    log: pino({}, { write: (line: string) => void logged.push(line) }),
  });
  await expect.poll(() => logged.length, { timeout: 5_000 }).toBe(2);
  expect(store.entries().map(({ event_type }) => event_type)).toEqual(['live.restored']);
  nginx.fail('admit', 'router.refused');
  await restoring;
  expect(store.entries()).toHaveLength(2);
  const why = expect.stringMatching(/^nginx does not follow: .*haproxy has followed/) as string;
  expect(store.entries()[1]).toMatchObject({ event_type: 'live.not_restored', details: { why } });
});
