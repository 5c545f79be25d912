import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { haproxyRouter } from '../../src/adapters/routers/haproxy.js';
import { startGuard } from '../../src/dev/guard.js';
import { identityOf } from '../../src/processes.js';
import { freePort } from '../../src/free-port.js';
import type { RouterHarness } from '../../src/testing/world.js';
import type { Ending } from '../contracts/contract.js';
import { haproxy } from '../e2e/system.js';

export interface HaproxyProcess extends RouterHarness, Ending {
  readonly folder: string;
  readonly socket: string;
  /** One command to the master process, as anybody may send it. */
  readonly say: (command: string) => Promise<string>;
  /** A reload that shipway has not asked for; it has ended when this does. */
  readonly reload: () => Promise<void>;
  /** The users' own part of the configuration. */
  readonly ownFile: string;
  /** Where its exporter of metrics is. */
  readonly exporter: string;
}

/** What its users wrote: with the listener that HAProxy 2.6 must have for its master socket to outlive a reload. */
const own = (port: number): string => `global
  log stderr local0 err
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
frontend metrics
  bind 127.0.0.1:${String(port)}
  http-request use-service prometheus-exporter if { path /metrics }
`;

/** A real HAProxy in master-worker mode with a folder of its own. */
export async function haproxyProcess(): Promise<HaproxyProcess> {
  if (haproxy === undefined)
    throw new Error('no HAProxy: install the system package haproxy (apt-get install haproxy)');
  const program = haproxy;
  const base = await mkdtemp(join(tmpdir(), 'haproxy-'));
  const guard = startGuard();
  guard.folder(base);
  const folder = join(base, 'shipway');
  const socket = join(base, 'master.sock');
  const ownFile = join(base, 'haproxy.cfg');
  await mkdir(folder);
  const port = await freePort();
  await writeFile(ownFile, own(port));
  const say = (command: string): Promise<string> => asked(socket, command);
  // In a reload, which may be another's, the master does not answer for a moment.
  const patiently = async (command: string): Promise<string> => {
    for (let left = 100; ; left--) {
      const said = await say(command).catch(() => '');
      if (workersIn(said).length > 0) return said;
      if (left === 0) throw new Error(`haproxy does not answer ${command}`);
      await sleep(20);
    }
  };
  const start = async (): Promise<ChildProcess> => {
    await rm(socket, { force: true });
    const child = spawn(program, ['-W', '-S', socket, '-f', ownFile, '-f', folder], {
      stdio: ['ignore', 'ignore', process.env['DEBUG'] === undefined ? 'ignore' : 'inherit'],
    });
    guard.process(await identityOf(child.pid ?? 0));
    while (!/ worker /.test(await say('show proc').catch(() => ''))) {
      if (child.exitCode !== null) throw new Error(`haproxy ended with ${String(child.exitCode)}`);
      await sleep(10);
    }
    return child;
  };
  let child = await start();
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    // One that does not answer is ended all the same, and its workers end with it.
    const workers = workersIn(await patiently('show proc').catch(() => ''));
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    workers.forEach(end);
  };
  return {
    ...{ folder, socket, ownFile, exporter: `127.0.0.1:${String(port)}` },
    say: async (command) => {
      await patiently('show proc');
      return say(command);
    },
    router: haproxyRouter(() => Promise.resolve({ folder, socket })),
    reload: async () => {
      const [before] = workersIn(await patiently('show proc'));
      await say('reload').catch(() => '');
      while (workersIn(await patiently('show proc'))[0] === before) await sleep(5);
    },
    kill,
    restart: async () => {
      await kill();
      child = await start();
    },
    end: async () => {
      await kill();
      await rm(base, { recursive: true, force: true });
      guard.release();
    },
  };
}

/** The present one first. */
const workersIn = (text: string): readonly number[] =>
  [...text.matchAll(/^(\d+)\s+worker /gm)].map(([, pid]) => Number(pid));

/** They end with their master by themselves, a little later. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has.
  }
}

function asked(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ path });
    socket.on('connect', () => socket.end(`${command}\n`));
    socket.on('data', (piece: Buffer) => (text += piece.toString()));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(text.trim());
    });
  });
}
