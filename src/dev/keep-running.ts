import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { noteProcess } from './run-notes.js';

export interface Keep {
  readonly name: string;
  readonly stateDir: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}
export interface Kept {
  /** How often it ended by itself. */
  readonly failures: () => number;
  readonly stop: () => Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const GRACE_MS = 10_000;

/**
 * Keeps a process of this Node alive: started anew when it ends, ever more slowly when it keeps ending. It has its own session, so that
 * Ctrl-C reaches shipway alone, which then ends its processes in order. Output goes to `<name>.log`.
 */
export function keepRunning({ name, stateDir, args, env = {} }: Keep): Kept {
  let child: ChildProcess | undefined;
  let failures = 0;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    const log = openSync(join(stateDir, `${name}.log`), 'a', 0o600);
    child = spawn(process.execPath, [...args], {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    if (child.pid !== undefined) void noteProcess(stateDir, name, child.pid);
    child.once('exit', () => {
      child = undefined;
      if (stopping) return;
      failures++;
      timer = setTimeout(start, Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
    });
  };
  start();
  return {
    failures: () => failures,
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      if (child !== undefined) await ended(child);
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
