import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { haproxyRouter } from '../../src/adapters/routers/haproxy.js';
import { startGuard } from '../../src/dev/guard.js';
import { haproxyFiles, startHaproxy, type HaproxyFiles } from '../../src/dev/haproxy.js';
import { isAlive, stopProcess } from '../../src/processes.js';
import type { RouterHarness } from '../../src/testing/world.js';
import type { Ending } from '../contracts/contract.js';

export interface HaproxyProcess extends HaproxyFiles, RouterHarness, Ending {
  /** One command to the master process, as anybody may send it. */
  readonly say: (command: string) => Promise<string>;
  /** A reload that shipway has not asked for; it has ended when this does. */
  readonly reload: () => Promise<void>;
}

/** A real HAProxy in master-worker mode with a folder of its own. */
export async function haproxyProcess(): Promise<HaproxyProcess> {
  const base = await mkdtemp(join(tmpdir(), 'haproxy-'));
  const guard = startGuard();
  guard.folder(base);
  const files = await haproxyFiles(base);
  const { folder, socket } = files;
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
  let master = await startHaproxy(files, { guard });
  const kill = async (): Promise<void> => {
    if (!(await isAlive(master))) return;
    // One that does not answer is ended all the same, and its workers end with it.
    const workers = workersIn(await patiently('show proc').catch(() => ''));
    await stopProcess(master, { signal: 'SIGKILL', graceMs: 0 });
    workers.forEach(end);
  };
  return {
    ...files,
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
      master = await startHaproxy(files, { guard });
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
