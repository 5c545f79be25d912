import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownEnvironment } from '../../dev/environment.js';
import type { Guard } from '../../dev/guard.js';
import { identityOf } from '../../processes.js';
import { BIN, type Place } from './command.js';

interface Endpoints {
  readonly uiUrl: string;
  readonly apiUrl: string;
}
export interface DevProcess {
  readonly pid: number;
  /** Resolves once it is ready for runs; fails when it ends instead, with what it said. */
  readonly ready: () => Promise<Endpoints>;
  /** It goes on without this process. */
  readonly leave: () => void;
  /** Ends it, ready or not, and all that it started. */
  readonly stop: () => Promise<void>;
}

const READY_MS = 300_000;
const ASK_MS = 50;

/** Starts `shipway dev` in the demo's directory. Its own session, so that it is ended in order and not by the terminal. */
export async function startDev(place: Place, guard: Guard, say: (line: string) => void): Promise<DevProcess> {
  const child = spawn(process.execPath, [BIN, 'dev'], {
    cwd: place.directory,
    env: ownEnvironment(process.env),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  const pid = child.pid ?? 0;
  guard.process(await identityOf(pid));
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n').filter(Boolean)) {
      said.push(line);
      say(line);
    }
  });
  return {
    pid,
    ready: async () => {
      const endpoints = await readyIn(place, () => child.exitCode !== null || child.signalCode !== null);
      if (endpoints === undefined) throw new Error(`shipway dev did not become ready:\n${said.join('\n')}`);
      child.stderr.removeAllListeners('data').resume();
      return endpoints;
    },
    leave: () => {
      child.stderr.destroy();
      child.unref();
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function readyIn({ directory, signal }: Place, over: () => boolean): Promise<Endpoints | undefined> {
  for (const until = Date.now() + READY_MS; Date.now() < until && !over();) {
    const endpoints = await readEndpoints(directory);
    if (endpoints !== undefined) return endpoints;
    await sleep(ASK_MS, undefined, { signal });
  }
  return undefined;
}

async function readEndpoints(directory: string): Promise<Endpoints | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, '.shipway/dev.json'), 'utf8')) as Endpoints;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
