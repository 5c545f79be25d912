import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localArtifacts } from '../../src/adapters/artifacts/local.js';
import { packArtifacts } from '../../src/adapters/artifacts/tar.js';
import { processProvider } from '../../src/adapters/providers/process.js';
import type { Configuration } from '../../src/domain/plan.js';
import type { ArtifactStore } from '../../src/domain/ports.js';
import type { Release } from '../../src/domain/release.js';
import { digestOf } from '../../src/hash.js';
import { findIdentity, isAlive } from '../../src/processes.js';
import { memorySecrets, type MemorySecrets } from './memory-secrets.js';
import type { StartingHarness } from '../contracts/starting.js';

const SERVER = fileURLToPath(new URL('./fixtures/instance.js', import.meta.url));

export interface ProcessWorld extends StartingHarness {
  readonly folder: string;
  readonly stateDir: string;
  readonly counter: string;
  readonly secrets: MemorySecrets;
  /** Pids of all living processes that carry the instance's id. */
  pidsOf(id: string): Promise<readonly number[]>;
  /** The process that the provider started last for the instance; what that starts may have any pid. */
  leaderOf(id: string): Promise<number>;
}

/** Releases of the fixture service, a folder for the provider, and what really runs, read from the instances and from /proc. */
export async function processWorld(): Promise<ProcessWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'provider-'));
  const stateDir = join(folder, 'state');
  const counter = join(folder, 'counter');
  const artifacts = localArtifacts({ directory: join(folder, 'artifacts') });
  const secrets = memorySecrets();
  const started = async (): Promise<string[]> =>
    (await readIfThere(counter))
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ')[0] ?? '');
  const living = async (): Promise<number[]> => {
    const ids = new Set(await started());
    return (await Promise.all([...ids].map(carrying))).flat();
  };
  return {
    folder,
    stateDir,
    counter,
    secrets,
    provider: processProvider({ stateDir, artifacts, secrets }),
    other: processProvider({ stateDir, artifacts, secrets }),
    release: (version, { stored = true } = {}) =>
      makeRelease(
        stored ? artifacts : localArtifacts({ directory: join(folder, 'nowhere') }),
        folder,
        version,
      ),
    configuration: (change = {}) => ({ ...plain(counter), ...change }),
    kill: async (id) => {
      // One that is dying loses its environment before its place among the processes.
      const dying = (await Promise.all((await carrying(id)).map(findIdentity))).flatMap(
        (found) => found ?? [],
      );
      for (const { pid } of dying) process.kill(pid, 'SIGKILL');
      for (const one of dying) while (await isAlive(one)) await new Promise((r) => setTimeout(r, 5));
    },
    started,
    alive: async () => (await living()).length,
    pidsOf: carrying,
    leaderOf: async (id) => {
      const lines = (await readIfThere(counter)).split('\n').map((line) => line.split(' '));
      return Number(lines.findLast(([of]) => of === id)?.[1]);
    },
    end: async () => {
      for (const pid of await living()) process.kill(pid, 'SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const plain = (counter: string): Configuration => ({
  command: ['node', 'server.js'],
  replicas: 1,
  environment: { COUNTER: counter },
  healthChecks: {
    readiness: { path: '/ready', periodMs: 100, timeoutMs: 1_000, initialDelayMs: 0 },
    liveness: { path: '/ready', periodMs: 100, timeoutMs: 1_000, initialDelayMs: 0 },
  },
  startupTimeoutMs: 20_000,
});

async function makeRelease(artifacts: ArtifactStore, folder: string, version: string): Promise<Release> {
  const workspace = join(folder, `workspace-${version}`);
  await mkdir(workspace, { recursive: true });
  await copyFile(SERVER, join(workspace, 'server.js'));
  await writeFile(join(workspace, 'version.txt'), version);
  await writeFile(join(workspace, 'package.json'), '{"type":"module"}');
  const put = await artifacts.put(packArtifacts(workspace, ['.']));
  const refs = [{ stage: 'build', ...put }];
  return { service: 'shop', version, commit: 'c'.repeat(40), digest: digestOf(refs), artifacts: refs };
}

async function readIfThere(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

export async function carrying(id: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readIfThere(`/proc/${String(pid)}/environ`);
      return environment.split('\0').includes(`SHIPWAY_INSTANCE=${id}`) ? [pid] : [];
    }),
  );
  return found.flat();
}
