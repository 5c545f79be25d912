import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/store/open.js';
import { migrate } from '../../src/store/migrate.js';
import { runMigrations } from '../../src/store/migration-runner.js';
import { sql, startCluster, type Cluster } from './cluster.js';

let cluster: Cluster;
let directory: string;
let url: string;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'migrations-'));
  url = await cluster.database('empty');
});
afterEach(() => rm(directory, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(directory, name), text);
const run = (more: { lockTimeoutMs?: number } = {}) =>
  runMigrations({ url, directory, schema: 'app', ...more });
const versions = async () =>
  (await sql(url, 'SELECT name FROM app.schema_version ORDER BY version')).map((r) => r['name']);

test('shipway’s own are applied once and leave a store that works', async () => {
  const files = await readdir(new URL('../../src/store/migrations/', import.meta.url));
  expect((await migrate({ url })).applied).toEqual(files.map((f) => f.replace('.sql', '')).sort());
  expect(await migrate({ url })).toEqual({ applied: [], ahead: [] });
  const store = await openStore({ url });
  expect(await store.targets.list()).toEqual([]);
  await store.close();
});

test('only newer ones are applied, in order, each with its row', async () => {
  await write('0001_first.sql', 'CREATE TABLE a (x int)');
  expect(await run()).toEqual({ applied: ['0001_first'], ahead: [] });
  await write('0002_second.sql', 'ALTER TABLE a ADD y int; INSERT INTO a VALUES (1, 2)');
  await write('0003_third.sql', 'UPDATE a SET y = 3');
  await write('README.md', 'not a migration');
  expect(await run()).toEqual({ applied: ['0002_second', '0003_third'], ahead: [] });
  expect(await sql(url, 'SELECT * FROM app.a')).toEqual([{ x: 1, y: 3 }]);
  const [row] = await sql(url, 'SELECT * FROM app.schema_version WHERE version = 1');
  expect(row).toMatchObject({
    name: '0001_first',
    checksum: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(row?.['applied_at']).toBeInstanceOf(Date);
});

test('migrators at the same moment apply each once', async () => {
  await write('0001_slow.sql', 'CREATE TABLE a (x int); SELECT pg_sleep(0.3)');
  await write('0002_count.sql', 'INSERT INTO a VALUES (1)');
  const results = await Promise.all(Array.from({ length: 6 }, () => run()));
  expect(results.filter((r) => r.applied.length === 2)).toHaveLength(1);
  expect(results.filter((r) => r.applied.length === 0)).toHaveLength(5);
  expect(await sql(url, 'SELECT * FROM app.a')).toHaveLength(1);
});

test('several databases of one cluster may be migrated at the same moment', async () => {
  const fresh = await startCluster();
  const urls = await Promise.all(Array.from({ length: 4 }, () => fresh.database('empty')));
  const results = await Promise.all(urls.map((u) => migrate({ url: u })));
  expect(results.every((r) => r.applied.length > 0)).toBe(true);
  await fresh.remove();
});

test('a login that is no superuser migrates and works', async () => {
  await sql(
    url,
    `CREATE ROLE deployer LOGIN CREATEROLE; GRANT CREATE ON DATABASE ${new URL(url).pathname.slice(1)} TO deployer`,
  );
  const fresh = url.replace('postgres@', 'deployer@');
  await sql(url, 'GRANT shipway_reader, shipway_writer TO deployer WITH ADMIN OPTION');
  await migrate({ url: fresh });
  const store = await openStore({ url: fresh });
  expect(await store.nonces.claim('n', 'w', 'm')).toBe('claimed');
  await store.close();
});

test('a changed file is refused by name and nothing is applied', async () => {
  await write('0001_first.sql', 'CREATE TABLE a (x int)');
  await run();
  await write('0001_first.sql', 'CREATE TABLE a (x bigint)');
  await write('0002_second.sql', 'DROP TABLE a');
  await expect(run()).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringContaining('0001_first is not what was applied') as string,
  });
  expect(await versions()).toEqual(['0001_first']);
});

test('other ends of lines are no change', async () => {
  await write('0001_first.sql', 'CREATE TABLE a (\n x int\n)');
  await run();
  await write('0001_first.sql', 'CREATE TABLE a (\r\n x int\r\n)');
  expect((await run()).applied).toEqual([]);
});

test.each([
  ['a gap in the files', ['0001_a.sql', '0003_c.sql'], 'no migration 0002 before 0003_c'],
  ['a number twice', ['0001_a.sql', '0001_b.sql'], '0001_b has the number of another'],
  ['a name that is none', ['0001_a.sql', 'two.sql'], 'two.sql is not named like a migration'],
])('%s is refused before anything runs', async (_name, files, message) => {
  for (const file of files) await write(file, 'CREATE TABLE x (y int)');
  await expect(run()).rejects.toThrow(message);
  expect(await sql(url, "SELECT FROM pg_namespace WHERE nspname = 'app'")).toEqual([]);
});

test('a gap in what was applied is refused by name', async () => {
  for (const n of [1, 2, 3]) await write(`000${String(n)}_m.sql`, `CREATE TABLE t${String(n)} ()`);
  await run();
  await sql(url, 'DELETE FROM app.schema_version WHERE version = 2');
  await expect(run()).rejects.toThrow('schema_version has 0003_m but not migration 2 before it');
});

test('one that fails leaves nothing, those before it stay, and it can be mended', async () => {
  await write('0001_first.sql', 'CREATE TABLE a (x int)');
  await write('0002_bad.sql', 'CREATE TABLE b (x int); INSERT INTO nowhere VALUES (1)');
  await expect(run()).rejects.toThrow(/migration 0002_bad failed and left nothing behind: .*nowhere/);
  expect(await versions()).toEqual(['0001_first']);
  expect(await sql(url, "SELECT to_regclass('app.b') AS b")).toEqual([{ b: null }]);
  await write('0002_bad.sql', 'CREATE TABLE b (x int)');
  expect((await run()).applied).toEqual(['0002_bad']);
});

test('a database that is ahead of the files is left alone and told', async () => {
  await write('0001_first.sql', 'CREATE TABLE a (x int)');
  await cp(directory, `${directory}-old`, { recursive: true });
  await write('0002_second.sql', 'CREATE TABLE b (x int)');
  await run();
  const old = await runMigrations({ url, directory: `${directory}-old`, schema: 'app' });
  await rm(`${directory}-old`, { recursive: true });
  expect(old).toEqual({ applied: [], ahead: ['0002_second'] });
});

test('a migrator that does not finish is waited for only so long', async () => {
  await write('0001_slow.sql', 'SELECT pg_sleep(1)');
  const slow = run();
  await new Promise((done) => setTimeout(done, 300));
  await expect(run({ lockTimeoutMs: 200 })).rejects.toMatchObject({ type: 'store.unavailable' });
  expect((await slow).applied).toEqual(['0001_slow']);
});
