import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyChain } from '../../src/audit-chain.js';
import type { Store } from '../../src/domain/store.js';
import { openStore } from '../../src/store/open.js';
import { auditContract, auditEntry } from '../contracts/audit.js';
import { memoryStore } from '../support/memory-store.js';
import { sql, startCluster, type Cluster } from './cluster.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());

auditContract('PostgreSQL', async () => openStore({ url: await cluster.database() }));
auditContract('memory', () => Promise.resolve(memoryStore()));

describe('on PostgreSQL', () => {
  let url: string;
  let store: Store;
  beforeAll(async () => {
    url = await cluster.database();
    store = await openStore({ url });
  });
  afterAll(() => store.close());
  const list = async (filter: Parameters<Store['audit']['list']>[0]) =>
    (await store.audit.list(filter)).map((c) => c.entry.key);

  test('entries are found by target, workflow, age and place', async () => {
    const now = new Date().toISOString();
    await store.audit.append([
      auditEntry({ key: 'old', timestamp: '2020-01-01T00:00:00.000Z' }),
      auditEntry({ key: 'shop', timestamp: now }),
      auditEntry({ key: 'staging', timestamp: now, environment: 'staging' }),
      auditEntry({ key: 'other', timestamp: now, service: 'blog', workflow: 'pipeline/blog/1' }),
    ]);
    expect(await list({})).toEqual(['old', 'shop', 'staging', 'other']);
    expect(await list({ service: 'shop' })).toEqual(['old', 'shop', 'staging']);
    expect(await list({ service: 'shop', environment: 'production' })).toEqual(['old', 'shop']);
    expect(await list({ workflow: 'pipeline/blog/1' })).toEqual(['other']);
    expect(await list({ event: 'effect.intent', environment: 'staging' })).toEqual(['staging']);
    expect(await list({ event: 'never' })).toEqual([]);
    expect(await list({ sinceDays: 30 })).toEqual(['shop', 'staging', 'other']);
    expect(await list({ afterSeq: 2 })).toEqual(['staging', 'other']);
    expect(await list({ limit: 2 })).toEqual(['old', 'shop']);
  });

  test('appends by several processes at once keep one chain', async () => {
    const others = await Promise.all(Array.from({ length: 4 }, () => openStore({ url })));
    const before = (await store.audit.list({})).length;
    await Promise.all(
      others.flatMap((s) => Array.from({ length: 25 }, () => s.audit.append([auditEntry()]))),
    );
    await Promise.all(others.map((s) => s.close()));
    expect(await verifyChain(await store.audit.list({}))).toMatchObject({ ok: true, count: before + 100 });
  });

  test('a statement that is no statement at all leaves an entry', async () => {
    const broken = auditEntry({ key: 'broken', timestamp: 'yesterday' });
    await store.audit.append([{ ...broken, user: undefined, version: 7 } as unknown as typeof broken]);
    expect(await list({})).toContain('broken');
  });

  test('a time that no date can be leaves an entry, and does not fail what is written with it', async () => {
    const times = [
      '0000-01-01T00:00:00Z',
      '1969-12-31T23:59:59Z',
      '+275760-09-13T00:00:00.000Z',
      '-271821-04-20T00:00:00.000Z',
    ];
    await Promise.all(
      [...times, new Date().toISOString()].map((timestamp) =>
        store.audit.append([auditEntry({ key: `at ${timestamp}`, timestamp, service: 'times' })]),
      ),
    );
    expect(await list({ service: 'times', sinceDays: 1 })).toHaveLength(5);
  });

  const refused = [
    "UPDATE audit SET entry = '{}'",
    'DELETE FROM audit',
    'TRUNCATE audit',
    `INSERT INTO audit SELECT seq + 1000, key || 'x', previous, hash, entry, "timestamp", event_type, "user", service,
       environment, version, workflow, ip_address, user_agent, late FROM audit LIMIT 1`,
    'DROP TABLE audit',
    'ALTER TABLE audit DISABLE TRIGGER ALL',
    'UPDATE nonces SET workflow = workflow',
    'DELETE FROM nonces',
    'DELETE FROM deployments',
    'UPDATE samples SET phase = phase',
    'UPDATE log_chunks SET digest = digest',
    'UPDATE policies SET text = text',
    'UPDATE permits SET body = body',
    'DELETE FROM permits',
    'DELETE FROM schema_version',
  ];
  test.each(refused)('a writer may not: %s', async (statement) => {
    const as = 'SET search_path = shipway; SET ROLE shipway_writer; ';
    await expect(sql(url, as + statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('a reader reads and writes nothing', async () => {
    const reader = await openStore({ url, role: 'shipway_reader' });
    expect((await reader.audit.list({})).length).toBeGreaterThan(0);
    await expect(reader.audit.append([auditEntry()])).rejects.toMatchObject({ code: '42501' });
    await expect(reader.nonces.claim('n', 'w', 'm')).rejects.toMatchObject({ code: '42501' });
    await reader.close();
  });

  test.each([
    'UPDATE shipway.audit SET late = true',
    'DELETE FROM shipway.audit WHERE false',
    'TRUNCATE shipway.audit',
    'SET session_replication_role = replica; DELETE FROM shipway.audit',
  ])('not even a superuser may: %s', async (statement) => {
    await expect(sql(url, statement)).rejects.toThrow('append-only');
  });

  test('a superuser who switches the trigger off is found out', async () => {
    const off = 'SET search_path = shipway; ALTER TABLE audit DISABLE TRIGGER ALL;';
    const tampered = async (change: string) => {
      await sql(url, `${off} CREATE TABLE kept AS TABLE audit; ${change}`);
      const verdict = await verifyChain(await store.audit.list({}));
      await sql(url, `${off} DELETE FROM audit; INSERT INTO audit TABLE kept; DROP TABLE kept`);
      return verdict;
    };
    expect(
      await tampered(`UPDATE audit SET entry = replace(entry, '"shipway"', '"eve"') WHERE seq = 2`),
    ).toMatchObject({ ok: false, seq: 2 });
    expect(await tampered('DELETE FROM audit WHERE seq = 3')).toMatchObject({ ok: false, seq: 4 });
    expect(
      await tampered(
        `DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = -seq WHERE seq > 3; UPDATE audit SET seq = -seq - 1 WHERE seq < 0`,
      ),
    ).toMatchObject({ ok: false, seq: 3 });
    expect(await verifyChain(await store.audit.list({}))).toMatchObject({ ok: true });
  });

  test('an append is one transaction, however many entries it has', async () => {
    const entries = [auditEntry(), auditEntry(), auditEntry()];
    await store.audit.append(entries);
    const keys = entries.map(({ key }) => `'${key}'`).join();
    const [row] = await sql(
      url,
      `SELECT count(DISTINCT xmin::text)::int AS n FROM shipway.audit WHERE key IN (${keys})`,
    );
    expect(row).toEqual({ n: 1 });
  });

  test('an append costs about a commit', async () => {
    await sql(url, 'CREATE TABLE shipway.bare (t text); GRANT INSERT ON shipway.bare TO shipway_writer');
    const { Client } = await import('pg');
    const bare = new Client({ connectionString: url });
    await bare.connect();
    const appending: number[] = [];
    const inserting: number[] = [];
    for (let i = 0; i < 220; i += 1) {
      const entry = auditEntry();
      const t0 = performance.now();
      await store.audit.append([entry]);
      const t1 = performance.now();
      await bare.query('INSERT INTO shipway.bare VALUES ($1)', [JSON.stringify(entry)]);
      appending.push(t1 - t0);
      inserting.push(performance.now() - t1);
    }
    await bare.end();
    const median = (times: number[]): number =>
      times.slice(20).sort((a, b) => a - b)[Math.floor((times.length - 20) / 2)] ?? NaN;
    console.info(
      `audit append ${median(appending).toFixed(2)} ms, bare INSERT ${median(inserting).toFixed(2)} ms (medians of 200)`,
    );
    // One commit, not two: on a disk that is as quick as memory, what the function computes shows too.
    expect(median(appending)).toBeLessThan(2 * median(inserting) + 1);
  });
});
