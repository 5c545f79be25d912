import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { apiClient } from '../../src/client/api.js';
import { connect, type ShipwayClient } from '../../src/client.js';
import { startGuard, type Guard } from '../../src/dev/guard.js';
import { freePort } from '../../src/free-port.js';
import { bundleOf, type SourceBundle } from '../../src/config/index.js';
import { identityOf } from '../../src/processes.js';
import { Lab as Ends, type Admin } from '../gateway/lab.js';
import { gatewayProcess, kill } from '../gateway/processes.js';
import { sql } from '../store/cluster.js';
import { freshNamespace, temporalAddress } from '../support/servers.js';
import { workerProcess, type Fault, type WorkerProcess } from './worker-process.js';

const SERVER = fileURLToPath(new URL('../support/fixtures/instance.js', import.meta.url));
const policy = (staging: string): string => `environments:
  staging: { identity: asserted${staging} }
  production:
    identity: asserted
    approvals: { required_approvals: 1, expires_after: 24h, self_approval: false }
`;

/** The whole of shipway as its own processes, on a namespace, a database and a folder of its own. */
export interface FaultLab {
  readonly folder: string;
  readonly stateDir: string;
  readonly namespace: string;
  readonly databaseUrl: string;
  readonly client: ShipwayClient;
  readonly worker: WorkerProcess;
  /** A git repository whose only commit is the fixture service, as a client uploads it. */
  readonly source: { readonly commit: string; readonly digest: string };
  /** The running gateway's own admin API. */
  readonly gateway: () => Admin;
  /** SIGKILL, and another one on the same folder. */
  readonly killGateway: () => Promise<void>;
  readonly startGateway: () => Promise<void>;
  readonly end: () => Promise<void>;
}
export interface LabOptions {
  readonly faults?: readonly Fault[];
  readonly died?: (fault: string, lab: FaultLab) => Promise<void>;
  /** What the policy says of staging beside what it says of every environment: `, KEY: VALUE`. */
  readonly staging?: string;
  /** Default: a new database of the test run's PostgreSQL. */
  readonly databaseUrl?: string;
  /** Default: a new namespace of the test run's server. */
  readonly temporal?: { readonly address: string; readonly namespace: string };
}

/** Those of this process that have not ended. */
export const living = new Set<FaultLab>();

export async function faultLab(options: LabOptions = {}): Promise<FaultLab> {
  const guard = startGuard();
  const folder = await mkdtemp(join(tmpdir(), 'faults-'));
  guard.folder(folder);
  const stateDir = join(folder, 'state');
  await mkdir(join(stateDir, 'gateway'), { recursive: true });
  await writeFile(join(folder, 'policy.yaml'), policy(options.staging ?? ''));
  const [temporal, databaseUrl, source, apiPort] = await Promise.all([
    options.temporal ?? freshNamespace().then((namespace) => ({ address: temporalAddress(), namespace })),
    options.databaseUrl ?? newDatabase(),
    makeSource(folder),
    freePort(),
  ]);
  const ends = new Ends();
  const apiUrl = `http://127.0.0.1:${String(apiPort)}`;
  const worker = workerProcess({
    folder,
    apiUrl,
    guard,
    ...(options.faults && { faults: options.faults }),
    died: async (fault) => options.died?.(fault, lab),
    environment: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      DATABASE_URL: databaseUrl,
      SHIPWAY_STATE_DIR: stateDir,
      SHIPWAY_POLICY: join(folder, 'policy.yaml'),
      SHIPWAY_API_PORT: String(apiPort),
      SHIPWAY_HOST_ID: `faults-${randomUUID().slice(0, 8)}`,
      SHIPWAY_STAGE_SLOTS: '20',
    },
  });
  const client = await connect({ temporalAddress: temporal.address, namespace: temporal.namespace, apiUrl });
  let gateway = await startedGateway(ends, stateDir, guard);
  const lab: FaultLab = {
    folder,
    stateDir,
    namespace: temporal.namespace,
    databaseUrl,
    client,
    worker,
    source,
    gateway: () => gateway,
    killGateway: async () => {
      await kill(gateway, 'SIGKILL');
    },
    startGateway: async () => {
      gateway = await startedGateway(ends, stateDir, guard);
    },
    end: async () => {
      living.delete(lab);
      await worker.kill();
      await client.close();
      await ends.end();
      // Instances end with their folder.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      guard.release();
    },
  };
  living.add(lab);
  await worker.start();
  await apiClient({ apiUrl }).putArtifact(source.digest, source.path);
  await source.remove();
  return lab;
}

async function startedGateway(ends: Ends, stateDir: string, guard: Guard) {
  const gateway = await gatewayProcess(ends, join(stateDir, 'gateway'));
  guard.process(await identityOf(gateway.child.pid ?? 0));
  return gateway;
}

async function newDatabase(): Promise<string> {
  const url = new URL(inject('postgresUrl'));
  const name = `faults_${randomUUID().replaceAll('-', '')}`;
  await sql(url.href, `CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  return url.href;
}

/** A commit of the fixture service, bundled as the CLI does it. */
async function makeSource(folder: string): Promise<SourceBundle & { readonly commit: string }> {
  const cwd = join(folder, 'repository');
  await mkdir(cwd);
  await copyFile(SERVER, join(cwd, 'server.js'));
  await writeFile(join(cwd, 'package.json'), '{"type":"module"}');
  const author = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid'];
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', [...author, ...args], { cwd })).stdout.trim();
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'The service');
  const commit = await git('rev-parse', 'HEAD');
  return { ...(await bundleOf(cwd, commit)), commit };
}
