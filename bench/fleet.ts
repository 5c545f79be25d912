import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localArtifacts } from '../src/adapters/artifacts/local.js';
import { gatewayRouter } from '../src/adapters/routers/gateway.js';
import { connect, type ShipwayClient } from '../src/client.js';
import { gatewayArguments } from '../src/dev/commands.js';
import { stopInstances } from '../src/dev/instances.js';
import { deploymentId, pipelineId, type TargetRef } from '../src/domain/ids.js';
import type { Outcome } from '../src/domain/outcome.js';
import type { Plan } from '../src/domain/plan.js';
import type { RouterState } from '../src/domain/ports.js';
import type { DeploymentView, RunView } from '../src/domain/view.js';
import { freePort } from '../src/free-port.js';
import { packageRoot } from '../src/paths.js';
import { fullServers, temporaryFolder } from './lab.js';
import { running, type Running } from './processes.js';
import { source } from './source.js';
import { runOf, said } from './statements.js';

/** Servers, a gateway and workers, each a process of its own, on which services are shipped for real. */
export interface Fleet {
  readonly folder: string;
  readonly commit: string;
  readonly client: ShipwayClient;
  /** What a command needs to find it all. */
  readonly env: NodeJS.ProcessEnv;
  readonly servers: Awaited<ReturnType<typeof fullServers>>;
  readonly worker: (...more: readonly string[]) => Promise<Running>;
  /** Starts a run; answers its id. */
  readonly begin: (plan: Plan) => Promise<string>;
  readonly approve: (service: string, run: string) => Promise<void>;
  /** Waits until the view of a run says so. */
  readonly seenRun: (service: string, run: string, is: (view: RunView) => boolean) => Promise<RunView>;
  /** Waits for the end of a run without asking again and again, which its other work would feel. */
  readonly ended: (service: string, run: string) => Promise<Outcome>;
  /** As `seenRun`, of the n-th deployment of a target. */
  readonly seen: (target: TargetRef, n: number, is: (view: DeploymentView) => boolean) => Promise<void>;
  readonly routed: (target: TargetRef) => Promise<RouterState>;
  readonly stop: () => Promise<void>;
}

const LOOK_MS = 100;
const WAIT_MS = 300_000;

/** Waits for `look` to find something, looking every `everyMs`. */
export async function until<T>(
  look: () => Promise<T | undefined>,
  what: string,
  everyMs = LOOK_MS,
): Promise<T> {
  const end = performance.now() + WAIT_MS;
  while (performance.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`waited in vain for ${what}`);
}

export async function startFleet(more: NodeJS.ProcessEnv = {}, rules?: object): Promise<Fleet> {
  const folder = await temporaryFolder();
  const servers = await fullServers(folder.path, rules && JSON.stringify(rules));
  const stateDir = join(folder.path, 'state');
  await mkdir(join(stateDir, 'gateway'), { recursive: true });
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...{ TEMPORAL_ADDRESS: servers.temporal.address, DATABASE_URL: servers.databaseUrl },
    ...{ SHIPWAY_STATE_DIR: stateDir, SHIPWAY_POLICY: servers.policy, SHIPWAY_USER: 'ann' },
    ...{ SHIPWAY_API_URL: `http://127.0.0.1:${String(await freePort())}`, ...more },
  };
  const apiUrl = env['SHIPWAY_API_URL'] ?? '';
  const gateway = await running(gatewayArguments(stateDir), env, 'the gateway serves');
  const client = await connect({ temporalAddress: servers.temporal.address, namespace: 'default', apiUrl });
  const artifacts = localArtifacts({ directory: join(stateDir, 'artifacts') });
  const { commit, digest } = await source(folder.path, artifacts);
  const { worker, end } = workersOf(env, apiUrl);
  return {
    ...{ folder: folder.path, commit, client, env, servers, worker },
    ...calls(client, digest, stateDir),
    stop: async () => {
      await end();
      await client.close();
      await stopInstances(stateDir);
      await gateway.end('SIGTERM');
      await servers.stop();
      await folder.remove();
    },
  };
}

/** The first one answers the API at its address; the others take any port. */
function workersOf(env: NodeJS.ProcessEnv, apiUrl: string) {
  const workers: Running[] = [];
  return {
    worker: async (...args: readonly string[]): Promise<Running> => {
      const port = workers.length === 0 ? new URL(apiUrl).port : '0';
      const cli = join(packageRoot(), 'bin/shipway.js');
      const own = { ...env, SHIPWAY_API_PORT: port };
      const worker = await running([cli, 'worker', ...args], own, 'worker polls');
      workers.push(worker);
      return worker;
    },
    end: async (): Promise<void> => {
      for (const worker of workers) await worker.end('SIGKILL');
    },
  };
}

type Calls = Pick<Fleet, 'begin' | 'approve' | 'seenRun' | 'ended' | 'seen' | 'routed'>;

function calls(client: ShipwayClient, source: string, stateDir: string): Calls {
  const router = gatewayRouter({ stateDir: join(stateDir, 'gateway') });
  const seenRun: Calls['seenRun'] = (service, run, is) =>
    until(async () => {
      const { run: view } = await client.status(service, run);
      if (is(view)) return view;
      if (view.outcome === undefined) return undefined;
      throw new Error(`${run} of ${service} ${view.outcome}: ${view.reason ?? ''}`);
    }, `${run} of ${service}`);
  return {
    seenRun,
    ended: (service, run) => outcomeOf(client, service, run),
    begin: async (plan) => {
      const input = runOf(plan, source);
      await client.startRun(input);
      return input.run;
    },
    approve: async (service, run) => {
      const asking = await seenRun(service, run, ({ waitingFor }) => waitingFor?.decision !== undefined);
      const on = asking.waitingFor?.decision ?? '';
      await client.answer(`pipeline/${service}/${run}`, said('ann', 'approve', on));
    },
    seen: async (target, n, is) => {
      const id = deploymentId(target, n);
      await until(async () => {
        const view = (await client.view<DeploymentView>(id))?.view;
        return view !== undefined && is(view) ? view : undefined;
      }, id);
    },
    routed: async (target) => {
      const state = await router.observe(target, AbortSignal.timeout(WAIT_MS));
      if (state === undefined) throw new Error(`the gateway does not know ${target.service}`);
      return state;
    },
  };
}

async function outcomeOf(client: ShipwayClient, service: string, run: string): Promise<Outcome> {
  const { workflow, connection } = client.temporal;
  const over = (): Promise<unknown> => workflow.getHandle(pipelineId(service, run)).result();
  await connection.withAbortSignal(AbortSignal.timeout(WAIT_MS), over).catch(() => undefined);
  const { outcome } = (await client.status(service, run)).run;
  if (outcome === undefined) throw new Error(`${run} of ${service} has no outcome, or not in time`);
  return outcome;
}
