import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import {
  DefaultLogger,
  NativeConnection,
  Worker,
  bundleWorkflowCode,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { pino } from 'pino';
import { closeInTurn } from '../src/close-in-turn.js';
import { startGuard } from '../src/dev/guard.js';
import { startPostgres, type RunningPostgres } from '../src/dev/postgres.js';
import { bothOrNeither } from '../src/dev/servers.js';
import { startTemporal, type TemporalOptions } from '../src/dev/temporal.js';
import { packageRoot } from '../src/paths.js';
import { installRuntime } from '../src/worker/runtime.js';
import { bareActivities, type BareActivities } from './bare-activities.js';

/** Ends the servers and removes the folders of a bench that is interrupted or killed. */
export const guard = startGuard();
const QUIET = new DefaultLogger('ERROR');
let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** One Temporal runtime, silent, for the whole bench. */
export function quietRuntime(): void {
  installRuntime(pino({ level: 'silent' }));
}

export interface BareLab {
  readonly client: Client;
  readonly address: string;
  /** Runs a bare workflow to its end. */
  readonly run: (type: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A Temporal server with a worker that knows only bare workflows. */
export async function bareLab(options: TemporalOptions): Promise<BareLab> {
  quietRuntime();
  const server = await startTemporal({ ui: false, guard, ...options });
  const worker = await bareWorker(server.address, bareActivities);
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection });
  let n = 0;
  return {
    client,
    address: server.address,
    run: async (type) => {
      await client.workflow.execute(type, {
        taskQueue: 'bare',
        workflowId: `bare-${String(process.pid)}-${String(n++)}`,
      });
    },
    stop: async () => {
      await worker.stop();
      await connection.close();
      await server.stop();
    },
  };
}

export async function bareWorker(
  address: string,
  activities: BareActivities,
): Promise<{ stop: () => Promise<void> }> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: join(packageRoot(), 'dist/bench/workflows/bare.js'),
    logger: QUIET,
  });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: 'bare',
    workflowBundle: await bundle,
    activities,
  });
  const running = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'shipway-bench-'));
  guard.folder(path);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export const BENCH_POLICY = `environments:
  production: { identity: asserted }
  asked:
    identity: asserted
    approvals: { required_approvals: 1, expires_after: 24h, self_approval: false }
`;

/** The servers that a whole shipway needs, and a policy: without another one, one that asks nobody in production. */
export async function fullServers(folder: string, rules = BENCH_POLICY) {
  const policy = join(folder, 'shipway.policy.yaml');
  await writeFile(policy, rules);
  const dataDir = join(folder, 'postgres');
  guard.data(dataDir);
  const startStore = (port?: number): Promise<RunningPostgres> =>
    startPostgres({ dataDir, temporary: true, guard, ...(port === undefined ? {} : { port }) });
  const [temporal, first] = await bothOrNeither(
    startTemporal({ dataDir: join(folder, 'temporal'), ui: false, guard }),
    startStore(),
  );
  let postgres = first;
  return {
    ...{ temporal, policy, databaseUrl: first.url },
    /** Answers how it comes back, with its data and its address. */
    killPostgres: () => {
      process.kill(postgres.pid, 'SIGKILL');
      return async (): Promise<void> => {
        postgres = await startStore(Number(new URL(first.url).port));
      };
    },
    stop: async (): Promise<void> => {
      await closeInTurn([temporal.stop, () => postgres.stop()]);
    },
  };
}
