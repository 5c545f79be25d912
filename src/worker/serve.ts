import { stat, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { startApi } from '../api/server.js';
import type { ArtifactStore, SecretVault } from '../domain/ports.js';
import type { Store } from '../domain/store.js';
import type { WorkerSettings } from '../settings.js';
import { packageVersion } from '../paths.js';
import { currentPolicy } from './current-policy.js';
import { hooksOf } from './hooks.js';

interface Parts {
  readonly settings: WorkerSettings;
  readonly store: Store;
  readonly artifacts: ArtifactStore;
  readonly secrets: SecretVault;
  readonly client: Client;
  readonly log: Logger;
  readonly policy: () => Promise<string>;
}
const CHECK_MS = 2_000;
const MIN_FREE_BYTES = 512 * 1024 ** 2;

/** The worker's HTTP, with the health checks that only the worker can make. */
export function serve({
  settings,
  store,
  artifacts,
  secrets,
  client,
  log,
  policy,
}: Parts): Promise<{ url: string; close: () => Promise<void> }> {
  return startApi({
    store,
    artifacts,
    secrets,
    host: settings.apiHost,
    port: settings.apiPort,
    ...(settings.apiToken === undefined ? {} : { token: settings.apiToken }),
    ...(settings.stageToken === undefined ? {} : { stageToken: settings.stageToken }),
    maxArtifactBytes: settings.maxArtifactBytes,
    version: packageVersion(),
    metrics: processMetrics(),
    hooks: hooksOf({ client, store, log, policy: currentPolicy(store), env: process.env }),
    onBug: (error) => {
      log.error({ err: error }, 'a request met an error that nobody foresaw');
    },
    checks: {
      database: async () => {
        await store.policy.current();
        return 'answers';
      },
      policy,
      temporal: () => answering(client),
      artifact_store: async () =>
        (await stat(settings.artifactDir)).isDirectory() ? 'is there' : 'is no folder',
      secrets: () => keptIn(secrets),
      disk_space: () => diskSpace(settings.stateDir),
      memory: () => Promise.resolve(`${mib(freemem())} of ${mib(totalmem())} free`),
    },
  });
}

async function answering({ connection }: Client): Promise<string> {
  await connection.workflowService.getSystemInfo({});
  return 'answers';
}

async function keptIn(secrets: SecretVault): Promise<string> {
  const { length } = await secrets.list(AbortSignal.timeout(CHECK_MS));
  return `${String(length)} kept`;
}

function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

async function diskSpace(directory: string): Promise<string> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < MIN_FREE_BYTES) throw new Error(`only ${mib(bavail * bsize)} left for ${directory}`);
  return `${mib(bavail * bsize)} free`;
}
const mib = (bytes: number): string => `${String(Math.round(bytes / 1024 ** 2))} MiB`;
