import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Guard } from '../../src/dev/guard.js';
import { packageRoot } from '../../src/paths.js';
import { identityOf } from '../../src/processes.js';
import { until } from '../gateway/lab.js';

const DYING = fileURLToPath(new URL('../support/fixtures/dying-worker.js', import.meta.url));

/** Where a worker kills itself; see test/support/fixtures/dying-worker.js. */
export type Fault = { readonly name: string } & (
  | {
      readonly activity: string;
      readonly phase?: string;
      readonly moment: 'before' | 'during' | 'after';
      readonly once?: readonly [file: string, says: string];
    }
  | { readonly query: string; readonly moment: 'before' | 'after' }
  | {
      readonly writes: string;
      readonly texts: readonly string[];
      readonly moment: 'before';
      readonly once: readonly [file: string, says: string];
    }
);

export interface WorkerProcess {
  readonly start: () => Promise<void>;
  /** SIGKILL; it stays away until it is started. */
  readonly kill: () => Promise<void>;
  /** From now on its faults come. */
  readonly arm: () => Promise<void>;
  /** Names of the faults it died of, in order. */
  readonly deaths: readonly string[];
  readonly log: () => Promise<string>;
}
export interface WorkerOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly apiUrl: string;
  readonly guard: Guard;
  /** Its own deaths, in this order. It is started again after each, and after `died`. */
  readonly faults?: readonly Fault[];
  readonly died?: (fault: string) => Promise<void>;
}

/** `shipway worker` as a process of its own, as `shipway dev` and an operator start it; started again whenever it ends by itself. */
export function workerProcess(options: WorkerOptions): WorkerProcess {
  const { folder, guard, faults = [], apiUrl } = options;
  const logFile = join(folder, 'worker.log');
  const deaths: string[] = [];
  let child: ChildProcess | undefined;
  let wanted = false;
  const log = (): Promise<string> => readFile(logFile, 'utf8');
  const spawned = (): void => {
    const output = openSync(logFile, 'a');
    const main = faults.length === 0 ? [join(packageRoot(), 'bin/shipway.js'), 'worker'] : [DYING];
    child = spawn(process.execPath, main, {
      cwd: folder,
      stdio: ['ignore', output, output],
      env: {
        PATH: process.env['PATH'] ?? '',
        SHIPWAY_LOG_LEVEL: 'warn',
        FAULTS: JSON.stringify(faults),
        FAULTS_DIR: folder,
        ...options.environment,
      },
    });
    closeSync(output);
    if (child.pid !== undefined) void identityOf(child.pid).then(guard.process, () => undefined);
    child.once('exit', () => void ended());
  };
  const ended = async (): Promise<void> => {
    child = undefined;
    if (!wanted) return;
    const files = await readdir(folder);
    const fault = faults.find(({ name }) => files.includes(name) && !deaths.includes(name));
    if (fault !== undefined) {
      deaths.push(fault.name);
      await options.died?.(fault.name);
    }
    if (wanted) spawned();
  };
  const answers = (): Promise<boolean> =>
    fetch(`${apiUrl}/ready`, { signal: AbortSignal.timeout(1_000) }).then(
      (r) => r.ok,
      () => false,
    );
  return {
    deaths,
    log,
    arm: () => writeFile(join(folder, 'armed'), ''),
    start: async () => {
      wanted = true;
      spawned();
      await until(answers, 120_000, 100).catch(async (error: unknown) => {
        throw new Error(`the worker does not become ready:\n${await log()}`, { cause: error });
      });
    },
    kill: async () => {
      wanted = false;
      const running = child;
      if (running === undefined) return;
      const exit = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await exit;
    },
  };
}
