import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/domain/store.js';
import { openStore } from '../../src/store/open.js';
import { startCluster, type Cluster } from './cluster.js';

let cluster: Cluster;
let store: Store;
beforeAll(async () => {
  cluster = await startCluster();
  store = await openStore({ url: await cluster.database() });
});
afterAll(async () => {
  await store.close();
  await cluster.remove();
});

test('a record of a newer form is not worked with: another worker may', async () => {
  const ref = { service: 'shop', environment: 'production' };
  const state = { schema: 1 as const, ...ref, holdMarks: [], nextN: 1, revision: 0 };
  await store.targets.save(state);
  const saved = { ...state, revision: 1 };
  expect(await store.targets.load(ref)).toEqual(saved);
  await store.targets.save({ ...saved, schema: 2 as 1 });
  await expect(store.targets.load(ref)).rejects.toMatchObject({
    type: 'target.newer',
    message: 'the record of shop in production has form 2, this version knows 1',
  });
});
