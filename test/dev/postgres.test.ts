import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, realpath, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startGuard } from '../../src/dev/guard.js';
import { removeData } from '../../src/dev/postgres-place.js';
import { startPostgres, type PostgresOptions, type RunningPostgres } from '../../src/dev/postgres.js';
import { freePort } from '../../src/free-port.js';
import { identityOf, isAlive } from '../../src/processes.js';
import { temporaryFolder } from './temporary.js';

async function rows(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const guard = startGuard();

async function start(options: PostgresOptions): Promise<RunningPostgres> {
  const postgres = await startPostgres({ guard, ...options });
  onTestFinished(() => postgres.stop());
  return postgres;
}

/** A place for data that is open to the user PostgreSQL runs as, or closed to it. */
async function place(kind: 'open' | 'closed' = 'open'): Promise<string> {
  const folder = await temporaryFolder();
  await chmod(folder, kind === 'open' ? 0o755 : 0o700);
  const dataDir = join(folder, 'pg');
  onTestFinished(() => removeData(dataDir).catch(() => undefined));
  return dataDir;
}

test.each(['open', 'closed'] as const)(
  'data is kept from one start to the next, in an %s folder',
  async (kind) => {
    const dataDir = await place(kind);
    const first = await startPostgres({ guard, dataDir });
    await rows(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start({ dataDir });
    expect(await rows(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  },
);

test('it listens on 127.0.0.1 alone, takes no login without the password, and hides that from others', async () => {
  const dataDir = await place();
  const { url } = await start({ dataDir });
  const settings =
    "SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'unix_socket_directories')";
  expect(await rows(url, settings)).toEqual([
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'unix_socket_directories', setting: '' },
  ]);
  const wrong = new URL(url);
  wrong.password = 'guessed';
  await expect(rows(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  expect((await stat(`${dataDir}.password`)).mode & 0o777).toBe(0o600);
  expect((await stat(await realpath(dataDir))).mode & 0o777).toBe(0o700);
});

test('a path longer than a socket may have is no obstacle', async () => {
  const dataDir = join(await place(), 'a-long-name-'.repeat(8), 'another-long-name-'.repeat(6), 'pg');
  const postgres = await start({ dataDir });
  expect(await rows(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('temporary data goes when it is stopped, wherever it lies', async () => {
  const dataDir = await place('closed');
  const postgres = await startPostgres({ guard, dataDir, temporary: true });
  const really = await realpath(dataDir);
  await postgres.stop();
  for (const path of [dataDir, really, `${dataDir}.password`])
    await expect(stat(path)).rejects.toThrow('ENOENT');
});

test('a link that is the user’s own is followed, and what else lies there is never removed', async () => {
  const dataDir = await place();
  const disk = join(await temporaryFolder(), 'disk');
  await mkdir(disk);
  await chmod(dirname(disk), 0o755);
  await writeFile(join(disk, 'precious'), 'kept');
  await symlink(join(disk, 'data'), dataDir);
  const postgres = await startPostgres({ guard, dataDir, temporary: true });
  expect(await rows(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await postgres.stop();
  expect(await readFile(join(disk, 'precious'), 'utf8')).toBe('kept');
});

test('data in a closed folder that was there before is an error for root, who may not run PostgreSQL', async () => {
  const dataDir = await place('closed');
  await mkdir(dataDir);
  const starting = start({ dataDir });
  if (process.getuid?.() === 0) await expect(starting).rejects.toThrow('cannot reach its data');
  else expect(await rows((await starting).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

/** Data that has been made, stopped, and lost the folder it was linked from; a start anew in such a folder looks for those. */
async function unlinked(): Promise<{
  data: string;
  origin: string;
  startAnother: () => Promise<RunningPostgres>;
}> {
  const dataDir = await place('closed');
  const first = await startPostgres({ guard, dataDir });
  await rows(first.url, 'CREATE TABLE earlier AS SELECT 1');
  const data = await realpath(dataDir);
  onTestFinished(() => rm(root ? dirname(data) : data, { recursive: true, force: true }));
  await first.stop();
  await rm(dirname(dataDir), { recursive: true });
  await mkdir(dirname(dataDir), { mode: 0o700 });
  return { data, origin: join(dirname(data), 'origin'), startAnother: () => start({ dataDir }) };
}
const root = process.getuid?.() === 0;
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
const DAY_MS = 24 * 3600 * 1_000;
const daysAgo = (n: number): Date => new Date(Date.now() - n * DAY_MS);

test('data whose folder was removed is not taken up again', async () => {
  const { startAnother } = await unlinked();
  await expect(rows((await startAnother()).url, 'SELECT FROM earlier')).rejects.toMatchObject({
    code: '42P01',
  });
});

describe.runIf(root)('data that lies elsewhere and has lost its link', () => {
  test.each([
    [6, true],
    [8, false],
  ])('last started %i days ago: it is there %s', async (days, there) => {
    const { data, origin, startAnother } = await unlinked();
    await utimes(origin, daysAgo(days), daysAgo(days));
    await startAnother();
    expect(await exists(data)).toBe(there);
  });

  test('stays where nobody can tell whether it has', async () => {
    const { data, origin, startAnother } = await unlinked();
    const loop = join(await temporaryFolder(), 'loop');
    await symlink(loop, loop);
    await writeFile(origin, join(loop, 'pg'));
    await utimes(origin, daysAgo(8), daysAgo(8));
    await startAnother();
    expect(await exists(data)).toBe(true);
  });
});

describe('after a crash', () => {
  test('of the server: what was committed is there, on the same port', async () => {
    const dataDir = await place();
    const port = await freePort();
    const killed = await startPostgres({ guard, dataDir, port });
    const client = new Client({ connectionString: killed.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('CREATE TABLE kept AS SELECT 7 AS answer');
    process.kill(killed.pid, 'SIGKILL');
    const again = await start({ dataDir, port });
    expect(await rows(again.url, 'SELECT answer FROM kept')).toEqual([{ answer: 7 }]);
  });

  test('of its starter: the server it left on the data is ended first', async () => {
    const dataDir = await place();
    const left = await start({ dataDir });
    const identity = await identityOf(left.pid);
    const postgres = await start({ dataDir });
    expect(await isAlive(identity)).toBe(false);
    expect(await rows(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test.each([
    ['another program', (): string => 'sleep'],
    ['a server of another folder with a longer name', (data: string): string => `postgres -D ${data}2`],
  ])('and a restart of the machine: %s that has the old server’s pid is left alone', async (_, called) => {
    const dataDir = await place();
    const first = await startPostgres({ guard, dataDir });
    const file = join(await realpath(dataDir), 'postmaster.pid');
    const note = await readFile(file, 'utf8');
    await first.stop();
    const other = spawn('sleep', ['60'], { stdio: 'ignore', argv0: called(dataDir) });
    onTestFinished(() => void other.kill('SIGKILL'));
    await once(other, 'spawn');
    await writeFile(file, note.replace(/^\d+/, String(other.pid)));
    const postgres = await start({ dataDir });
    expect(await rows(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect([other.exitCode, other.signalCode]).toEqual([null, null]);
  });

  test('while the data was first made: it is made anew', async () => {
    const dataDir = await place();
    await mkdir(`${dataDir}.new`);
    await writeFile(join(`${dataDir}.new`, 'PG_VERSION'), '18\n');
    const postgres = await start({ dataDir });
    expect(await rows(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('what cannot start says why and what to do, and leaves nothing running', () => {
  test('a password that is gone', async () => {
    const dataDir = await place();
    await (await startPostgres({ guard, dataDir })).stop();
    await rm(`${dataDir}.password`);
    await expect(startPostgres({ dataDir })).rejects.toMatchObject({
      message: expect.stringContaining(`the password of the database in ${dataDir} is gone`) as string,
      next: 'put pg.password back, or remove pg to begin with an empty database',
    });
  });

  test('a password that is another', async () => {
    const dataDir = await place();
    await (await startPostgres({ guard, dataDir })).stop();
    await writeFile(`${dataDir}.password`, 'another');
    await expect(startPostgres({ dataDir })).rejects.toThrow('refuses the password');
    await expect(stat(join(dataDir, 'postmaster.pid'))).rejects.toThrow('ENOENT');
  });

  test('data that is damaged', async () => {
    const dataDir = await place();
    const logFile = `${dataDir}.log`;
    await (await startPostgres({ guard, dataDir })).stop();
    await rm(join(dataDir, 'global/pg_control'));
    await expect(startPostgres({ dataDir, logFile })).rejects.toMatchObject({
      message: 'PostgreSQL did not start',
      next: `read its log: ${logFile}`,
    });
    expect(await readFile(logFile, 'utf8')).toContain('pg_control');
  });
});
