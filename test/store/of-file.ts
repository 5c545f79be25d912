import { afterAll } from 'vitest';
import type { Store } from '../../src/domain/store.js';
import { openStore } from '../../src/store/open.js';
import { startCluster } from './cluster.js';

/** A store on a PostgreSQL of a whole test file, which ends with it; `url` is a superuser's. */
export async function storeOfFile(): Promise<{ readonly store: Store; readonly url: string }> {
  const cluster = await startCluster();
  const url = await cluster.database();
  const store = await openStore({ url });
  afterAll(async () => {
    await store.close();
    await cluster.remove();
  });
  return { store, url };
}
