import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/open.js';
import { migrate } from '../../src/store/migrate.js';
import { auditEntry } from '../contracts/audit.js';
import { sql, startCluster, type Cluster } from './cluster.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());

const LIMIT_MS = 3_000;
async function failsFast(work: () => Promise<unknown>): Promise<void> {
  const begin = performance.now();
  await expect(work()).rejects.toMatchObject({ name: 'ShipwayError', type: 'store.unavailable' });
  expect(performance.now() - begin).toBeLessThan(LIMIT_MS);
}

test.each(['SIGKILL', 'SIGQUIT', 'SIGINT'] as const)(
  'a database ended by %s is told at once, and the same store works when it is back',
  async (signal) => {
    const url = await cluster.database();
    const store = await openStore({ url });
    await store.audit.append([auditEntry()]);
    await cluster.kill(signal);
    await failsFast(() => store.audit.append([auditEntry()]));
    await failsFast(() => store.targets.list());
    await failsFast(() => openStore({ url }));
    await failsFast(() => migrate({ url }));
    await cluster.start();
    await store.audit.append([auditEntry()]);
    expect(await store.audit.list({})).toHaveLength(2);
    await store.close();
  },
);

test('a database that hangs is given up on, with and without a connection', async () => {
  const url = await cluster.database();
  const store = await openStore({ url });
  const closing = await openStore({ url });
  await cluster.freeze();
  try {
    await failsFast(() => store.policy.current());
    await failsFast(() => store.policy.current());
    await failsFast(() => openStore({ url }));
    await failsFast(() => migrate({ url }));
    const begin = performance.now();
    await closing.close();
    expect(performance.now() - begin).toBeLessThan(LIMIT_MS);
  } finally {
    cluster.thaw();
  }
  expect(await store.policy.current()).toBeUndefined();
  await store.close();
});

test('an audit that somebody holds locked does not hold up its callers for ever', async () => {
  const url = await cluster.database();
  const store = await openStore({ url });
  const { Client } = await import('pg');
  const holder = new Client({ connectionString: url });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE shipway.audit');
  await failsFast(() => store.audit.append([auditEntry()]));
  await holder.query('ROLLBACK');
  await holder.end();
  await store.audit.append([auditEntry()]);
  await store.close();
});

test('waiting for a turn is not taken for a dead database', async () => {
  const store = await openStore({ url: await cluster.database() });
  const all = Array.from({ length: 3_000 }, (_, i) => store.nonces.claim(`n${String(i)}`, 'w', 'm'));
  expect(new Set(await Promise.all(all))).toEqual(new Set(['claimed']));
  await store.close();
});

test('anything else is a bug and stays itself', async () => {
  const url = await cluster.database('empty');
  await expect(openStore({ url })).rejects.toMatchObject({ code: '42P01' });
  const migrated = await cluster.database();
  await sql(migrated, 'REVOKE SELECT ON shipway.policies FROM shipway_writer');
  await expect(openStore({ url: migrated })).rejects.toMatchObject({ code: '42501' });
});

test('options in the address do not take the role away', async () => {
  const url = await cluster.database();
  const store = await openStore({ url: `${url}?options=-c%20role%3Dpostgres%20-c%20work_mem%3D8MB` });
  await store.audit.append([auditEntry()]);
  await store.close();
  const reader = await openStore({ url: `${url}?options=-c%20role%3Dpostgres`, role: 'shipway_reader' });
  await expect(reader.audit.append([auditEntry()])).rejects.toMatchObject({ code: '42501' });
  await reader.close();
});
