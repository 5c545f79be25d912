import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { findIdentity } from '../processes.js';
import type { Say } from './acquire.js';
import { noteProcess } from './run-notes.js';

export interface Keep {
  readonly name: string;
  readonly stateDir: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
}
export interface Kept {
  /** How often it ended by itself since it last ran for a while. */
  readonly failures: () => number;
  readonly stop: () => Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const STEADY_MS = 60_000;
const GRACE_MS = 10_000;

/**
 * Keeps a process of this Node alive: started anew when it ends, ever more slowly when it keeps ending. It has its own session, so that
 * Ctrl-C reaches shipway alone, which then ends its processes in order. Output goes to `<name>.log`.
 */
export function keepRunning(keep: Keep): Kept {
  let running: Running;
  let failures = 0;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    const begun = performance.now();
    running = launch(keep);
    void running.ended.then((how) => {
      if (stopping) return;
      if (how !== undefined)
        keep.say(`the ${keep.name} ended (${how}) and is started again: see ${logOf(keep)}`);
      failures = performance.now() - begun < STEADY_MS ? failures + 1 : 1;
      timer = setTimeout(start, Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
    });
  };
  start();
  return {
    failures: () => failures,
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      const kill = setTimeout(() => running.signal('SIGKILL'), GRACE_MS);
      running.signal('SIGTERM');
      await running.ended;
      clearTimeout(kill);
    },
  };
}

interface Running {
  readonly signal: (signal: NodeJS.Signals) => void;
  /** How; never fails: what could not be started has ended, and why is said. */
  readonly ended: Promise<string | undefined>;
}

function launch(keep: Keep): Running {
  const { name, say } = keep;
  let child: ChildProcess | undefined;
  const ended = new Promise<string | undefined>((resolve, reject) => {
    child = spawned(keep);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
    note(keep, child.pid).catch((error: unknown) => {
      say(`the ${name} runs, but would not be found after a crash: ${String(error)}`);
    });
  }).catch((error: unknown) => {
    say(`the ${name} cannot be started: ${String(error)}`);
    return undefined;
  });
  return { signal: (signal) => child?.kill(signal), ended };
}

const logOf = ({ stateDir, name }: Keep): string => join(stateDir, `${name}.log`);

function spawned(keep: Keep): ChildProcess {
  const log = openSync(logOf(keep), 'a', 0o600);
  const { args, env } = keep;
  try {
    return spawn(process.execPath, [...args], { detached: true, stdio: ['ignore', log, log], env });
  } finally {
    closeSync(log);
  }
}

/** One that has ended already needs none. */
async function note({ stateDir, name }: Keep, pid: number | undefined): Promise<void> {
  const identity = pid === undefined ? undefined : await findIdentity(pid);
  if (identity !== undefined) await noteProcess(stateDir, name, { ...identity, signal: 'SIGTERM' });
}
