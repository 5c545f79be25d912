import { stat, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
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
    metrics: processMetrics(store),
    hooks: hooksOf({ client, store, log, policy: currentPolicy(store), env: process.env }),
    onBug: (error) => {
      log.error({ err: error }, 'a request met an error that nobody foresaw');
    },
    checks: {
      database: () => database(store),
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

/** A worker that is older than the schema works on: it serves the version before it too. */
async function database(store: Store): Promise<string> {
  const { now, schema, own } = await store.look();
  const ahead = Date.now() - Date.parse(now);
  if (Math.abs(ahead) > SKEW_MS)
    throw new Error(`its clock is ${String(Math.round(Math.abs(ahead) / 1000))} s from this worker’s`);
  if (schema < own) throw new Error(`has schema ${String(schema)}, this version needs ${String(own)}`);
  return `answers, schema ${String(schema)}${schema > own ? `, newer than this version’s ${String(own)}` : ''}`;
}
const SKEW_MS = 5_000;

function processMetrics(store: Store): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'shipway_target_drift',
    help: 'how many differences from its record a target had when it was last looked at',
    labelNames: ['service', 'environment'],
    registers: [registry],
    async collect() {
      this.reset();
      // Without the store nothing is said, rather than that all is well.
      const targets = await store.targets.list().catch(() => []);
      for (const { service, environment, drift } of targets)
        this.set({ service, environment }, drift?.found.length ?? 0);
    },
  });
  return registry;
}

async function diskSpace(directory: string): Promise<string> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < MIN_FREE_BYTES) throw new Error(`only ${mib(bavail * bsize)} left for ${directory}`);
  return `${mib(bavail * bsize)} free`;
}
const mib = (bytes: number): string => `${String(Math.round(bytes / 1024 ** 2))} MiB`;
