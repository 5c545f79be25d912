import { mkdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import { localArtifacts } from './adapters/artifacts/local.js';
import type { ArtifactStore } from './domain/ports.js';
import type { Store } from './domain/store.js';
import { QUEUES, effectQueues } from './domain/ids.js';
import {
  createControlActivities,
  createEffectActivities,
  createStageActivities,
  createWaitingActivities,
  createWatchActivities,
} from '../activities/index.js';
import type { ControlDeps } from '../activities/deps.js';
import { packageRoot } from './paths.js';
import type { Role, WorkerSettings } from './settings.js';
import { registerSearchAttributes } from './worker/search-attributes.js';
import { effectDeps } from './worker/effects.js';
import { installRuntime } from './worker/runtime.js';
import { acceptPolicy, currentPolicy } from './worker/policy.js';
import { restoreLive } from './worker/restore-live.js';
import { serve } from './worker/serve.js';
import { stageDeps } from './worker/stage.js';
import { openStore } from './store/open.js';
import { migrate } from './store/migrate.js';

export interface RunningWorker {
  /** The address of its API; a worker of role `stage` alone has none. */
  readonly apiUrl: string | undefined;
  /** Resolves when polling has ended, rejects when a worker failed. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Long waits are cheap: as many bakes at once as a host will ever have. */
const WATCH_SLOTS = 1_000;
const CONTROL_SLOTS = 100;
const GRACE = '2s';

interface Parts {
  readonly settings: WorkerSettings;
  readonly log: Logger;
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly artifacts: ArtifactStore;
  readonly store: Store | undefined;
}

/** Starts all roles of `settings` in this process. Wiring only: every decision is elsewhere. */
export async function startWorker(
  settings: WorkerSettings,
  log: Logger = pino(pino.destination(2)),
): Promise<RunningWorker> {
  installRuntime(log);
  await mkdir(settings.artifactDir, { recursive: true, mode: 0o700 });
  const parts = await assemble(settings, log);
  const { store, client, namespace, connection } = parts;
  if (store !== undefined) {
    await acceptPolicy(store, settings, log);
    await registerSearchAttributes(client.connection as Connection, namespace);
  }
  const api =
    store === undefined
      ? undefined
      : await serve({ settings, store, artifacts: parts.artifacts, client, log });
  const workers = await createWorkers(parts);
  if (store !== undefined && settings.roles.includes('host'))
    await restoreLive({ store, host: settings.hostId, effects: effectDeps(parts, store), log });
  log.info({ roles: settings.roles, api: api?.url }, 'worker polls');
  const ended = Promise.all(workers.map((w) => w.run())).then(() => undefined);
  return {
    apiUrl: api?.url,
    ended,
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled([ended]);
      await api?.close();
      await store?.close();
      await client.connection.close();
      await connection.close();
    },
  };
}

async function assemble(settings: WorkerSettings, log: Logger): Promise<Parts> {
  const profile = loadClientConnectConfig();
  const namespace = profile.namespace ?? 'default';
  const [connection, channel, store] = await Promise.all([
    NativeConnection.connect(profile.connectionOptions),
    Connection.connect(profile.connectionOptions),
    settings.databaseUrl === undefined ? undefined : opened(settings.databaseUrl),
  ]);
  const client = new Client({ connection: channel, namespace });
  const artifacts = localArtifacts({ directory: settings.artifactDir });
  return { settings, log, connection, client, namespace, artifacts, store };
}

async function opened(url: string): Promise<Store> {
  await migrate({ url });
  return openStore({ url });
}

type Polling = Pick<
  WorkerOptions,
  | 'taskQueue'
  | 'activities'
  | 'maxConcurrentActivityTaskExecutions'
  | 'workflowBundle'
  | 'stickyQueueScheduleToStartTimeout'
>;

function createWorkers(parts: Parts): Promise<Worker[]> {
  const { connection, namespace, settings } = parts;
  const polling = settings.roles.flatMap((role) => POLLING[role](parts));
  return Promise.all(
    polling.map((options) =>
      Worker.create({
        connection,
        namespace,
        shutdownGraceTime: GRACE,
        maxHeartbeatThrottleInterval: '400ms',
        ...options,
      }),
    ),
  );
}

/** What a worker of each role polls. */
const POLLING: Readonly<Record<Role, (parts: Parts) => readonly Polling[]>> = {
  control: (parts) => [
    {
      taskQueue: QUEUES.control,
      workflowBundle: { codePath: join(packageRoot(), 'dist', 'workflow-bundle.js') },
      activities: createControlActivities(controlDeps(parts)),
      stickyQueueScheduleToStartTimeout: '2s',
      maxConcurrentActivityTaskExecutions: CONTROL_SLOTS,
    },
  ],
  watch: (parts) => [
    {
      taskQueue: QUEUES.watch,
      activities: createWaitingActivities(controlDeps(parts)),
      maxConcurrentActivityTaskExecutions: WATCH_SLOTS,
    },
  ],
  host: (parts) => {
    const effects = effectDeps(parts, existing(parts.store));
    const queues = effectQueues(parts.settings.hostId);
    return [
      {
        taskQueue: queues.effects,
        activities: createEffectActivities(effects),
        maxConcurrentActivityTaskExecutions: CONTROL_SLOTS,
      },
      {
        taskQueue: queues.watch,
        activities: createWatchActivities(effects),
        maxConcurrentActivityTaskExecutions: WATCH_SLOTS,
      },
    ];
  },
  stage: (parts) => [
    {
      taskQueue: QUEUES.stage,
      activities: createStageActivities(stageDeps(parts)),
      maxConcurrentActivityTaskExecutions: parts.settings.stageSlots,
    },
  ],
};

const controlDeps = ({ store, client, settings }: Parts): ControlDeps => ({
  store: existing(store),
  client,
  policy: currentPolicy(existing(store)),
  host: settings.hostId,
});

function existing(store: Store | undefined): Store {
  if (store === undefined) throw new Error('a role that needs the store was started without DATABASE_URL');
  return store;
}

export const cores = (): number => cpus().length;
