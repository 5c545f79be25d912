import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Done } from '../../src/worker/restore-slot.js';
import { restoreSlot } from '../../src/worker/restore-slot.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { memoryStore } from '../support/memory-store.js';
import { REF, lags, of, plan, replaces, twoRouters } from '../support/two-routers.js';

let two: Awaited<ReturnType<typeof twoRouters>>;
beforeEach(async () => {
  two = await twoRouters();
});
afterEach(() => {
  two.close();
});

test('with one of two routers away what runs again is handed over for the audit, and that one is told as soon as it answers', async () => {
  const { haproxy, nginx } = two;
  const store = memoryStore();
  const ended = { outcome: 'shipped', endedAt: '', reason: '' } as const;
  await admitRow(store, rowOf(REF, 1, { plan, release: replaces.release, ...ended }));
  const state = await store.targets.load(REF);
  if (state !== undefined) await store.targets.save({ ...state, live: replaces });
  haproxy.slots.clear();
  const did: Done[] = [];
  const restore = () =>
    restoreSlot(two.deps(store), REF, 'blue', new AbortController().signal, (done) => void did.push(done));
  nginx.fail('admit', 'router.unavailable');
  await expect(restore()).rejects.toMatchObject(lags);
  expect(did).toMatchObject([{ event_type: 'live.restored', details: { instances: 1 } }]);
  nginx.fail('admit', undefined);
  await restore();
  const urls = haproxy.slots.get('shop/production/blue')?.instances.map(({ url }) => url);
  expect([haproxy, nginx].map((world) => of(world)?.members.blue)).toEqual([urls, urls]);
});
