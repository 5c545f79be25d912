import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProcessIdentity } from '../processes.js';

/** Cleans up after this process should it die without doing so itself: `kill -9` and a crash included. */
export interface Guard {
  /** Ends the process, which is one that has nothing to do without us. One that has ended by then is left alone. */
  readonly process: (identity: ProcessIdentity, signal?: 'TERM' | 'INT') => void;
  /** Removes the folder, after the processes have ended. */
  readonly folder: (path: string) => void;
  /** Removes what PostgreSQL keeps for this data folder outside of it. */
  readonly data: (path: string) => void;
  /** What was guarded is to stay. */
  readonly release: () => void;
}

/** A small shell process of its own session; it goes when this process goes, and does not keep it alive. */
export function startGuard(): Guard {
  const script = fileURLToPath(new URL('./guard.sh', import.meta.url));
  const child = spawn('sh', [script], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  const write = (line: string): void => {
    child.stdin.write(`${line}\n`);
  };
  return {
    process: ({ pid, startTime }, signal = 'TERM') => {
      write(`process ${signal} ${String(pid)} ${startTime}`);
    },
    folder: (path) => {
      write(`folder ${path}`);
    },
    data: (path) => {
      write(`data ${path}`);
    },
    release: () => {
      child.kill('SIGKILL');
    },
  };
}
