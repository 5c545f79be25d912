import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guard } from '../../dev/guard.js';
import { packageRoot } from '../../paths.js';
import { identityOf } from '../../processes.js';

interface Endpoints {
  readonly uiUrl: string;
  readonly apiUrl: string;
}
export interface DevProcess {
  readonly pid: number;
  readonly endpoints: Endpoints;
  readonly stop: () => Promise<void>;
}

const READY_MS = 300_000;

/** `shipway dev` in `directory`, ready for runs. Its own session, so that it is ended in order and not by the terminal. */
export async function startDev(
  directory: string,
  guard: Guard,
  say: (line: string) => void,
): Promise<DevProcess> {
  const child = spawnDev(directory);
  guard.process(await identityOf(child.pid ?? 0));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    for (const line of chunk.toString().split('\n')) if (line !== '') say(`  ${line}`);
  });
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  const until = Date.now() + READY_MS;
  while (Date.now() < until && child.exitCode === null) {
    const endpoints = await readEndpoints(directory);
    if (endpoints !== undefined) {
      child.stderr.removeAllListeners('data').resume();
      (child.stderr as unknown as { unref?: () => void }).unref?.();
      child.unref();
      return {
        pid: child.pid ?? 0,
        endpoints,
        stop: async () => {
          child.kill('SIGTERM');
          await ended;
        },
      };
    }
    await new Promise((r) => setTimeout(r, 50));
  }
  child.kill('SIGTERM');
  throw new Error(`shipway dev did not become ready:\n${said}`);
}

async function readEndpoints(directory: string): Promise<Endpoints | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, '.shipway/dev.json'), 'utf8')) as Endpoints;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const spawnDev = (directory: string) =>
  spawn(process.execPath, [join(packageRoot(), 'bin/shipway.js'), 'dev'], {
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
