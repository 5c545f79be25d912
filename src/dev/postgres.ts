import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { UsageError } from '../errors.js';
import { freePort } from '../free-port.js';
import { stopProcess, type ProcessIdentity } from '../processes.js';
import type { Guard } from './guard.js';
import { endLeftover, isCluster, makeCluster } from './postgres-cluster.js';
import { password, postgresPrograms, postgresUser } from './postgres-files.js';
import { dataFolder, removeData } from './postgres-place.js';
import { didNotStart, started, type Noted } from './started.js';

export interface PostgresOptions {
  readonly dataDir: string;
  /** Absent: a free one. */
  readonly port?: number;
  readonly logFile?: string;
  /** Removes the data when it is stopped. */
  readonly temporary?: boolean;
  /** Ends the server should this process die. */
  readonly guard?: Guard;
  readonly noted?: Noted;
}
export interface RunningPostgres {
  /** The owner's login to database `shipway`. */
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const OWNER = 'shipway';
const GRACE_MS = 20_000;
/** After a kill the last of its processes are still on their way out, and a port that was free may be taken. */
const ATTEMPTS = 5;
const PAUSE_MS = 300;
const WRONG_PASSWORD = '28P01';

/**
 * Starts PostgreSQL on a port of 127.0.0.1 over `dataDir`, which is made when it is new, and waits until it answers. A server that a
 * crash left on the same data is ended first. Fails with `UsageError` when it does not start.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const dataDir = resolve(options.dataDir);
  const programs = await postgresPrograms();
  const place = await dataFolder(dataDir);
  if (options.temporary === true) options.guard?.folder(place);
  const there = await isCluster(place);
  const secret = await password(dataDir, there ? 'kept' : 'new');
  if (there) await endLeftover(place);
  else await makeCluster(programs, place, OWNER, secret);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = options.port ?? (await freePort());
    const url = (name: string): string => `postgresql://${OWNER}:${secret}@127.0.0.1:${String(port)}/${name}`;
    const identity = await serve({ programs, place, port, options, url: url('postgres') });
    if (identity === undefined) {
      await sleep(PAUSE_MS);
      continue;
    }
    const stop = async (): Promise<void> => {
      // SIGINT is PostgreSQL's fast shutdown: connections are closed, nothing is lost.
      await stopProcess(identity, { signal: 'SIGINT', graceMs: GRACE_MS });
      if (options.temporary === true) await removeData(dataDir);
    };
    await ensureDatabase(url('postgres')).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return { url: url(OWNER), pid: identity.pid, stop };
  }
  throw didNotStart('PostgreSQL', options.logFile);
}

interface Serve {
  readonly programs: string;
  readonly place: string;
  readonly port: number;
  readonly url: string;
  readonly options: PostgresOptions;
}

function serve({ programs, place, port, url, options }: Serve): Promise<ProcessIdentity | undefined> {
  const { logFile, guard, noted } = options;
  const settings = ['-c', 'max_connections=200'];
  return started({
    name: 'PostgreSQL',
    program: join(programs, 'postgres'),
    // No socket in a folder: its path may be too long, and others on this machine have no business there.
    args: ['-D', place, '-p', String(port), '-h', '127.0.0.1', '-k', '', ...settings],
    user: postgresUser(),
    signal: 'INT',
    answers: () => answers(url),
    ...(logFile === undefined ? {} : { logFile }),
    ...(guard === undefined ? {} : { guard }),
    ...(noted === undefined ? {} : { noted }),
  });
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== WRONG_PASSWORD) return false;
    throw new UsageError(
      'PostgreSQL refuses the password that is kept beside its data',
      'put the file *.password back as it was, or remove the data to begin with an empty database',
    );
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
