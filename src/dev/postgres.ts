import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { chown, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { UsageError } from '../errors.js';
import { freePort } from '../free-port.js';
import { dataFolder, password, postgresPrograms, postgresUser, removeData } from './postgres-files.js';
import { identityOf, isAlive, type ProcessIdentity } from '../processes.js';
import { runCommand } from './run-command.js';

export interface PostgresOptions {
  readonly dataDir: string;
  readonly logFile?: string;
  /** Removes the data when it is stopped. */
  readonly temporary?: boolean;
}
export interface RunningPostgres {
  /** The owner's login to database `shipway`. */
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const OWNER = 'shipway';
const READY_MS = 30_000;
const INIT_MS = 60_000;

/** Starts PostgreSQL on a free port of 127.0.0.1 over `dataDir`, which is made when it is new, and waits until it answers. */
export async function startPostgres({
  dataDir,
  logFile,
  temporary = false,
}: PostgresOptions): Promise<RunningPostgres> {
  const programs = await postgresPrograms();
  const place = await dataFolder(dataDir);
  const secret = await password(`${dataDir}.password`);
  if (!(await exists(join(place, 'PG_VERSION')))) await initialise(programs, place, secret);
  const port = await freePort();
  const args = [
    '-D',
    place,
    '-p',
    String(port),
    '-h',
    '127.0.0.1',
    '-k',
    '',
    '-c',
    'fsync=on',
    '-c',
    'max_connections=200',
  ];
  const log = logFile === undefined ? 'ignore' : openSync(logFile, 'a', 0o600);
  await leftover(place);
  const child = spawn(join(programs, 'postgres'), args, {
    ...postgresUser(),
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  if (typeof log === 'number') closeSync(log);
  child.once('error', () => undefined);
  const url = (name: string): string => `postgresql://${OWNER}:${secret}@127.0.0.1:${String(port)}/${name}`;
  await answering(url('postgres'), () => child.exitCode !== null || child.pid === undefined, logFile);
  await ensureDatabase(url('postgres'));
  const identity = await identityOf(child.pid ?? 0);
  child.unref();
  return {
    url: url(OWNER),
    pid: identity.pid,
    stop: async () => {
      await fastShutdown(identity);
      if (temporary) await removeData(dataDir);
    },
  };
}

async function initialise(programs: string, place: string, secret: string): Promise<void> {
  const { uid, gid } = postgresUser();
  const file = join(tmpdir(), `shipway-pw-${String(process.pid)}-${String(Date.now())}`);
  await writeFile(file, secret, { mode: 0o600 });
  try {
    if (uid !== undefined && gid !== undefined) await chown(file, uid, gid);
    const args = [
      '-D',
      place,
      '-U',
      OWNER,
      '-A',
      'scram-sha-256',
      `--pwfile=${file}`,
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ];
    await runCommand(join(programs, 'initdb'), args, { timeoutMs: INIT_MS, cwd: '/', ...postgresUser() });
  } finally {
    await rm(file, { force: true });
  }
}

/** A postmaster that was left by a crash is ended before its data is opened again. */
async function leftover(place: string): Promise<void> {
  try {
    const [pid] = (await readFile(join(place, 'postmaster.pid'), 'utf8')).split('\n');
    const identity = await identityOf(Number(pid));
    const { stdout } = { stdout: await readFile(`/proc/${String(identity.pid)}/cmdline`, 'utf8') };
    if (stdout.includes(place)) await fastShutdown(identity);
  } catch {
    // No such file or no such process: nothing is left over.
  }
}

/** SIGINT is PostgreSQL's fast shutdown: connections are closed, nothing is lost. */
async function fastShutdown(identity: ProcessIdentity): Promise<void> {
  if (!(await isAlive(identity))) return;
  process.kill(identity.pid, 'SIGINT');
  while (await isAlive(identity)) await new Promise((r) => setTimeout(r, 20));
}

async function answering(url: string, ended: () => boolean, logFile: string | undefined): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until && !ended()) {
    if (await answers(url)) return;
    await new Promise((r) => setTimeout(r, 30));
  }
  throw new UsageError(
    'PostgreSQL did not start',
    logFile === undefined ? 'start it by hand to see why' : `read its log: ${logFile}`,
  );
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [OWNER]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${OWNER} TEMPLATE template0`);
  } finally {
    await client.end();
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
