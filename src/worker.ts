import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import { closeInTurn } from './close-in-turn.js';
import { temporalProfile } from './connection.js';
import { localArtifacts } from './adapters/artifacts/local.js';
import { ageSecrets } from './adapters/secrets/age.js';
import type { ArtifactStore, SecretVault } from './domain/ports.js';
import type { Extensions } from './domain/adapters.js';
import type { Store } from './domain/store.js';
import { QUEUES, effectQueues } from './domain/ids.js';
import {
  createControlActivities,
  createEffectActivities,
  createStageActivities,
  createWatchActivities,
} from '../activities/index.js';
import type { ControlDeps, Courier } from '../activities/deps.js';
import { packageRoot } from './paths.js';
import type { Role, WorkerSettings } from './settings.js';
import { courierOf } from './worker/courier.js';
import { besidePolling } from './worker/beside-polling.js';
import { effectDeps } from './worker/effects.js';
import { installRuntime } from './worker/runtime.js';
import { currentPolicy } from './worker/current-policy.js';
import type { StageUser } from './stage/user.js';
import { copyAhead } from './stage/workspace.js';
import { answering, openedStore, type Opened } from './worker/opening.js';
import type { Preparing } from './worker/prepare.js';
import { commandUser, stageBackend, stageDeps } from './worker/stage.js';
import { waitingActivities } from './worker/triggers.js';
import { together } from './together.js';

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
  readonly secrets: SecretVault;
  readonly store: Store | undefined;
  /** Of a worker that decides. */
  readonly courier: Courier | undefined;
  readonly user: StageUser | undefined;
  readonly extensions: Extensions | undefined;
}

/**
 * Starts all roles of `settings` in this process. Wiring only: every decision is elsewhere. `extensions` serve
 * the targets whose plans name them. When it cannot start it leaves nothing open; fails with `UsageError`, `config.invalid`, `store.unavailable`, `temporal.unavailable`.
 */
export async function startWorker(
  settings: WorkerSettings,
  log: Logger = pino(pino.destination(2)),
  extensions?: Extensions,
): Promise<RunningWorker> {
  installRuntime(log);
  await mkdir(settings.artifactDir, { recursive: true, mode: 0o700 });
  const opened: Opened = [];
  try {
    return await started({ ...(await assemble(settings, log, opened)), extensions }, opened);
  } catch (error) {
    await closeInTurn(opened).catch((also: unknown) => {
      log.warn({ err: also }, 'not everything could be closed');
    });
    throw error;
  }
}

async function started(parts: Parts, opened: Opened): Promise<RunningWorker> {
  const { store, settings, log } = parts;
  const [apiUrl, workers] = await together([
    store === undefined ? undefined : prepared({ ...parts, store }, opened),
    createWorkers(parts, opened),
  ]);
  log.info({ roles: settings.roles, api: apiUrl }, 'worker polls');
  const runs = workers.map((w) => w.run());
  const ended = Promise.all(runs).then(() => undefined);
  const effects = store === undefined ? undefined : effectDeps(parts, store);
  const backend = settings.roles.includes('stage') ? stageBackend(parts) : undefined;
  opened.push(besidePolling({ ...parts, effects, backend }));
  return {
    apiUrl,
    ended,
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(runs);
      await closeInTurn(opened);
    },
  };
}

/** Loaded while Temporal starts the thread of the workflows, which takes as long. */
async function prepared(parts: Preparing, opened: Opened): Promise<string> {
  const { prepare } = await import('./worker/prepare.js');
  const api = await prepare(parts);
  opened.push(api.close);
  return api.url;
}

type Assembled = Omit<Parts, 'extensions'>;
async function assemble(settings: WorkerSettings, log: Logger, opened: Opened): Promise<Assembled> {
  const user = await commandUser(settings);
  const { connectionOptions: options, namespace = 'default' } = await temporalProfile(process.env);
  const { address = 'localhost:7233' } = options;
  const [store, connection, channel] = await together([
    openedStore(settings.databaseUrl, opened),
    answering(address, () => NativeConnection.connect(options), opened),
    answering(address, () => Connection.connect(options), opened),
  ]);
  const client = new Client({ connection: channel, namespace });
  const artifacts = localArtifacts({ directory: settings.artifactDir });
  const { secretsDir: directory, secretsIdentity: identityFile } = settings;
  const secrets = ageSecrets({ directory, identityFile });
  const courier = courierFor({ settings, log, namespace, store }, opened);
  return { settings, log, connection, client, namespace, artifacts, secrets, store, courier, user };
}

type Polling = Pick<
  WorkerOptions,
  | 'taskQueue'
  | 'activities'
  | 'maxConcurrentActivityTaskExecutions'
  | 'workflowBundle'
  | 'stickyQueueScheduleToStartTimeout'
>;

async function createWorkers(parts: Parts, opened: Opened): Promise<Worker[]> {
  const { connection, namespace, settings } = parts;
  const polling = settings.roles.flatMap((role) => POLLING[role](parts));
  const shared = { connection, namespace, shutdownGraceTime: GRACE, maxHeartbeatThrottleInterval: '400ms' };
  const creating = polling.map(async (options) => {
    const worker = await Worker.create({ ...shared, ...options });
    // It holds the connection until it has run.
    opened.push(async () => {
      if (worker.getState() === 'INITIALIZED') await worker.runUntil(Promise.resolve());
    });
    return worker;
  });
  await Promise.allSettled(creating);
  return Promise.all(creating);
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
      activities: waitingActivities(parts, controlDeps(parts)),
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

/** Closed before the store is, which it writes to. */
function courierFor(
  { store, settings, ...more }: Pick<Parts, 'store' | 'settings' | 'log' | 'namespace'>,
  opened: Opened,
): Courier | undefined {
  if (store === undefined || !settings.roles.includes('control')) return undefined;
  const courier = courierOf({ store, settings, policy: currentPolicy(store), ...more });
  opened.push(courier.close);
  return courier;
}

const controlDeps = ({
  store,
  client,
  settings,
  log,
  artifacts,
  secrets,
  courier,
  extensions,
}: Parts): ControlDeps => ({
  ...(courier === undefined ? {} : { courier }),
  store: existing(store),
  client,
  artifacts,
  secrets,
  policy: currentPolicy(existing(store)),
  host: settings.hostId,
  ownPolicy: async () => (await import('./worker/policy.js')).ownPolicy(settings),
  ...(extensions?.strategies === undefined ? {} : { strategies: extensions.strategies }),
  ...(settings.roles.includes('stage') ? { announce: announced(settings, log) } : {}),
});

const announced =
  ({ stageDir }: WorkerSettings, log: Logger) =>
  (commit: string): void => {
    copyAhead(stageDir, commit, (err) => {
      log.warn({ err }, 'no copy of the source was made ahead');
    });
  };

function existing(store: Store | undefined): Store {
  if (store === undefined) throw new Error('a role that needs the store was started without DATABASE_URL');
  return store;
}
