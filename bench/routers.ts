import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { askMaster } from '../src/adapters/routers/haproxy-cli.js';
import { haproxyRouter } from '../src/adapters/routers/haproxy.js';
import { nginxRouter } from '../src/adapters/routers/nginx.js';
import { haproxyFiles, startHaproxy } from '../src/dev/haproxy.js';
import { nginxFiles, startNginx } from '../src/dev/nginx.js';
import type { TargetRef } from '../src/domain/ids.js';
import { stopProcess } from '../src/processes.js';
import type { Fleet } from './fleet.js';
import { guard } from './lab.js';

/** A router of a user's, which the environment of its name is served by. */
export interface BenchRouter {
  readonly name: string;
  /** What the policy says of where it is. */
  readonly place: object;
  readonly address: (target: TargetRef, fleet: Fleet) => Promise<string>;
  /** As its users do it; absent: it has nothing to be loaded anew. */
  readonly reload?: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const ANSWER_MS = 5_000;

export const GATEWAY: BenchRouter = {
  name: 'gateway',
  place: {},
  address: async (target, fleet) => (await fleet.routed(target)).address,
  stop: () => Promise.resolve(),
};

export async function startedHaproxy(folder: string): Promise<BenchRouter> {
  const base = join(folder, 'haproxy');
  await mkdir(base);
  const files = await haproxyFiles(base);
  const master = await startHaproxy(files, { guard });
  const place = { folder: files.folder, socket: files.socket };
  const router = haproxyRouter(() => Promise.resolve(place));
  return {
    ...{ name: 'haproxy', place: { haproxy: place } },
    address: async (target) => addressIn(await router.observe(target, AbortSignal.timeout(ANSWER_MS))),
    reload: async () => {
      // In a reload the master hangs up before it has answered.
      await askMaster(files.socket, AbortSignal.timeout(ANSWER_MS))('reload').catch(() => '');
    },
    stop: () => stopProcess(master, { graceMs: ANSWER_MS }),
  };
}

export async function startedNginx(folder: string): Promise<BenchRouter> {
  const base = join(folder, 'nginx');
  await mkdir(base);
  const files = await nginxFiles(base);
  const master = await startNginx(files, guard);
  const { port, command } = files;
  const router = nginxRouter(() => Promise.resolve(files));
  const [program, ...args] = command;
  return {
    ...{ name: 'nginx', place: { nginx: { folder: files.folder, port, command } } },
    address: async (target) => addressIn(await router.observe(target, AbortSignal.timeout(ANSWER_MS))),
    reload: async () => {
      await promisify(execFile)(program, [...args, '-s', 'reload']);
    },
    stop: () => stopProcess(master, { graceMs: ANSWER_MS }),
  };
}

function addressIn(state: { readonly address: string } | undefined): string {
  if (state === undefined) throw new Error('the router does not know the target');
  return state.address;
}
