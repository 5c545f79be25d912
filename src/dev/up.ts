import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { closeInTurn } from '../close-in-turn.js';
import { UsageError } from '../errors.js';
import { freePort } from '../free-port.js';
import { serves } from '../gateway/state-dir.js';
import type { Say } from './acquire.js';
import { claimFolder } from './claim.js';
import { gatewayArguments, workerArguments } from './commands.js';
import { writeEndpoints, type Endpoints } from './endpoints.js';
import { withoutServers } from './environment.js';
import { stopInstances } from './instances.js';
import { keepRunning, type Kept } from './keep-running.js';
import { stopLeftovers } from './run-notes.js';
import { openServers, type Servers } from './servers.js';
import { answersAt } from './started.js';

export interface DevOptions {
  /** The project: `.shipway/` lies in it. */
  readonly directory: string;
  readonly policyFile: string;
  /** A file to run as the worker, instead of shipway's own. */
  readonly workerFile?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
}
export interface Dev {
  readonly endpoints: Endpoints;
  /**
   * Ends everything that was started, in order: worker, instances, gateway, servers. Data stays. What cannot be ended keeps none of the
   * others; it fails afterwards.
   */
  readonly stop: () => Promise<void>;
}

/**
 * Temporal with its UI, PostgreSQL, the gateway and a worker with all roles on this machine; state under `.shipway/`. Servers that the
 * environment names are used, and not started. Fails when one of them is not well, and has ended all others then.
 */
export async function up(options: DevOptions): Promise<Dev> {
  const stateDir = join(resolve(options.directory), '.shipway');
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  // Servers' data, output and tokens: none of it belongs into the user's repository.
  await writeFile(join(stateDir, '.gitignore'), '*\n');
  const started = [await claimFolder(stateDir)];
  const stop = (): Promise<void> => closeInTurn(started);
  try {
    return { endpoints: await start({ ...options, stateDir, started }), stop };
  } catch (error) {
    await stop().catch((also: unknown) => {
      options.say(`not everything could be ended: ${String(also)}`);
    });
    throw error;
  }
}

interface Starting extends DevOptions {
  readonly stateDir: string;
  readonly started: (() => Promise<void>)[];
}

async function start(starting: Starting): Promise<Endpoints> {
  const { stateDir, started } = starting;
  await stopLeftovers(stateDir);
  const servers = await openServers(starting);
  started.push(
    () => servers.database.stop(),
    () => servers.temporal.stop(),
    () => stopInstances(stateDir),
  );
  const apiUrl = await startProcesses(starting, servers);
  const { address, namespace, uiUrl } = servers.temporal;
  const endpoints: Endpoints = {
    temporalAddress: address,
    namespace,
    apiUrl,
    ...(uiUrl === undefined ? {} : { uiUrl }),
    pid: process.pid,
  };
  started.push(await writeEndpoints(stateDir, endpoints));
  return endpoints;
}

/** The gateway and the worker; gives the address of the worker's API once both serve. */
async function startProcesses(
  { stateDir, policyFile, workerFile, env, say, started }: Starting,
  { temporal, database }: Servers,
): Promise<string> {
  const own = withoutServers(env);
  const gateway = keepRunning({
    name: 'gateway',
    stateDir,
    env: own,
    say,
    args: gatewayArguments(stateDir),
  });
  started.push(() => gateway.stop());
  const apiPort = String(await freePort());
  const workerEnv = {
    ...own,
    ...temporal.env,
    ...database.env,
    SHIPWAY_STATE_DIR: stateDir,
    SHIPWAY_POLICY: policyFile,
    SHIPWAY_API_PORT: apiPort,
    ...(temporal.uiUrl === undefined ? {} : { SHIPWAY_UI_URL: temporal.uiUrl }),
  };
  const worker = keepRunning({
    name: 'worker',
    stateDir,
    env: workerEnv,
    say,
    args: workerArguments({ ownDatabase: database.own, file: workerFile }),
  });
  started.push(() => worker.stop());
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const log = (name: string): string => join(stateDir, `${name}.log`);
  await Promise.all([
    ready('gateway', gateway, () => serves(join(stateDir, 'gateway')), log('gateway')),
    ready('worker', worker, () => answersAt(`${apiUrl}/ready`), log('worker')),
  ]);
  return apiUrl;
}

const READY_MS = 30_000;
const ASK_MS = 50;

/** Waits until it serves; one that keeps ending instead, or stays silent, is an error with its log's place. */
async function ready(name: string, kept: Kept, isReady: () => Promise<boolean>, log: string): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    if (kept.failures() > 2) break;
    if (await isReady()) return;
    await new Promise((r) => setTimeout(r, ASK_MS));
  }
  throw new UsageError(`the ${name} did not become ready`, `read its log: ${log}`);
}
