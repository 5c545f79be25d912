import { spawn } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';
import { dataOf, processesOf, removeAll } from '../support/left-behind.js';

export interface Demo {
  readonly pid: number;
  /** Its place for temporary files: all that it makes is in there, and its name is on all that it starts. */
  readonly folder: string;
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves once `text` was said on stderr, with what matched. Fails when the demo ends first. */
  readonly says: (text: RegExp) => Promise<RegExpExecArray>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** To the whole group, as a terminal does with Ctrl-C. */
  readonly interrupt: () => void;
  readonly left: () => Promise<{
    readonly processes: readonly string[];
    readonly folders: readonly string[];
  }>;
  /** For the end of a test, however it went. */
  readonly destroy: () => Promise<void>;
}

const LOOK_MS = 100;

/** `npm run demo -- ARGS` without npm, as a process of its own. */
export async function startDemo(...args: readonly string[]): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'shipway-e2e-'));
  const child = spawn(process.execPath, [join(packageRoot(), 'scripts/demo.js'), ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What a user's environment names is not what a demo is about.
    env: { ...process.env, TMPDIR: folder, TEMPORAL_ADDRESS: '127.0.0.1:1', SHIPWAY_API_TOKEN: 'of another' },
  });
  let [out, err] = ['', ''];
  let over: number | string | undefined;
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      over = code ?? signal ?? 'gone';
      resolve(over);
    });
  });
  const pid = child.pid ?? 0;
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const left: Demo['left'] = async () => ({
    processes: await processesOf(folder),
    folders: [...(await readdir(folder)), ...(await dataOf(folder))],
  });
  return {
    pid,
    folder,
    out: () => out,
    err: () => err,
    ended,
    left,
    interrupt: () => {
      signalGroup('SIGINT');
    },
    says: async (text) => {
      for (;;) {
        const match = text.exec(err);
        if (match !== null) return match;
        if (over !== undefined)
          throw new Error(`the demo ended (${String(over)}) before ${String(text)}:\n${err}`);
        await new Promise((r) => setTimeout(r, LOOK_MS));
      }
    },
    destroy: async () => {
      signalGroup('SIGTERM');
      await ended;
      // A folder that was kept on purpose goes with the rest of them.
      await gone(async () => ({ ...(await left()), folders: [] }));
      await removeAll(folder);
    },
  };
}

/** Waits until nothing is left; what still is after a while is the answer. */
export async function gone(
  left: Demo['left'],
  withinMs = 60_000,
): Promise<Awaited<ReturnType<Demo['left']>>> {
  for (const until = Date.now() + withinMs; ; await new Promise((r) => setTimeout(r, LOOK_MS))) {
    const now = await left();
    if ((now.processes.length === 0 && now.folders.length === 0) || Date.now() > until) return now;
  }
}
