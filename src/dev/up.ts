import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../domain/messages.js';
import { UsageError } from '../errors.js';
import { claimFolder } from './claim.js';
import { keepRunning, type Kept } from './keep-running.js';
import { stopInstances } from './instances.js';
import { noteProcess, stopLeftovers } from './run-notes.js';
import { writeEndpoints, type Endpoints } from './endpoints.js';
import { startPostgres, type RunningPostgres } from './postgres.js';
import { freePort } from '../free-port.js';
import { startTemporal, type RunningTemporal } from './temporal.js';
import { commandOf } from './commands.js';

export interface DevOptions {
  /** The project: `.shipway/` lies in it. */
  readonly directory: string;
  readonly policyFile: string;
  readonly say: (line: string) => void;
}
export interface Dev {
  readonly endpoints: Endpoints;
  /** Ends everything that was started, in order: worker, instances, gateway, servers. Data stays. */
  readonly stop: () => Promise<void>;
}

/** Temporal with its UI, PostgreSQL, the gateway and a worker with all roles on this machine; state under `.shipway/`. */
export async function up({ directory, policyFile, say }: DevOptions): Promise<Dev> {
  const stateDir = join(resolve(directory), '.shipway');
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  // Servers' data, output and tokens: none of it belongs into the user's repository.
  await writeFile(join(stateDir, '.gitignore'), '*\n');
  const release = await claimFolder(stateDir);
  const started: (() => Promise<void>)[] = [release];
  const stop = async (): Promise<void> => {
    for (const end of started.reverse().splice(0)) await end();
  };
  try {
    return { endpoints: await start({ stateDir, policyFile, say, started }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Starting {
  readonly stateDir: string;
  readonly policyFile: string;
  readonly say: (line: string) => void;
  readonly started: (() => Promise<void>)[];
}

async function start({ stateDir, policyFile, say, started }: Starting): Promise<Endpoints> {
  await stopLeftovers(stateDir);
  const [temporal, postgres] = await servers({ stateDir, say, started });
  started.push(() => stopInstances(stateDir));
  const gateway = keepRunning({ name: 'gateway', stateDir, ...commandOf('gateway', stateDir) });
  started.push(() => gateway.stop());
  const apiPort = await freePort();
  const env = {
    TEMPORAL_ADDRESS: temporal.address,
    DATABASE_URL: postgres.url,
    SHIPWAY_STATE_DIR: stateDir,
    SHIPWAY_POLICY: policyFile,
    SHIPWAY_API_PORT: String(apiPort),
  };
  const worker = keepRunning({ name: 'worker', stateDir, env, ...commandOf('worker', stateDir) });
  started.push(() => worker.stop());
  const apiUrl = `http://127.0.0.1:${String(apiPort)}`;
  await ready(`${apiUrl}/ready`, worker, join(stateDir, 'worker.log'));
  const endpoints: Endpoints = {
    temporalAddress: temporal.address,
    namespace: 'default',
    apiUrl,
    uiUrl: temporal.uiUrl,
    pid: process.pid,
  };
  started.push(await writeEndpoints(stateDir, endpoints));
  return endpoints;
}

async function servers({
  stateDir,
  say,
  started,
}: Pick<Starting, 'stateDir' | 'say' | 'started'>): Promise<readonly [RunningTemporal, RunningPostgres]> {
  const [temporal, postgres] = await bothOrNeither(
    startTemporal({
      dataDir: join(stateDir, 'temporal'),
      searchAttributes: SEARCH_ATTRIBUTES,
      logFile: join(stateDir, 'temporal.log'),
      say,
    }),
    startPostgres({ dataDir: join(stateDir, 'postgres'), logFile: join(stateDir, 'postgres.log') }),
  );
  started.push(
    () => postgres.stop(),
    () => temporal.stop(),
  );
  await noteProcess(stateDir, 'temporal', temporal.pid);
  await noteProcess(stateDir, 'postgres', postgres.pid);
  say(`Temporal on ${temporal.address}, UI on ${temporal.uiUrl}; PostgreSQL is up`);
  return [temporal, postgres];
}

interface Stoppable {
  readonly stop: () => Promise<void>;
}
/** One that has started is ended again when the other has not: it is known to nobody else yet. */
async function bothOrNeither<A extends Stoppable, B extends Stoppable>(
  one: Promise<A>,
  other: Promise<B>,
): Promise<readonly [A, B]> {
  try {
    return await Promise.all([one, other]);
  } catch (error) {
    const ended = await Promise.allSettled([one, other]);
    for (const e of ended) if (e.status === 'fulfilled') await e.value.stop();
    throw error;
  }
}

const READY_MS = 30_000;
const ASK_MS = 50;

/** Waits until the worker says it is ready; one that ends instead is an error with its log's place. */
async function ready(url: string, worker: Kept, log: string): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    if (worker.failures() > 2) break;
    if (await answers(url)) return;
    await new Promise((r) => setTimeout(r, ASK_MS));
  }
  throw new UsageError('the worker did not become ready', `read its log: ${log}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
