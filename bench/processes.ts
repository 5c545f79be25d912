import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { identityOf } from '../src/processes.js';
import { guard } from './lab.js';

/** A process of this Node that has begun its work. */
export interface Running {
  readonly pid: number;
  /** Milliseconds from its start to the line that says so. */
  readonly tookMs: number;
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

/** Starts it and waits for the line on stderr that says that it works; it ends with the bench, however that ends. */
export async function running(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  says: string,
): Promise<Running> {
  const begin = performance.now();
  const child = spawn(process.execPath, [...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    // In a session of its own, the kernel gives it its share beside the bench.
    detached: true,
  });
  const pid = child.pid ?? 0;
  guard.process(await identityOf(pid));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await heard(child, says);
  const tookMs = performance.now() - begin;
  return {
    ...{ pid, tookMs },
    end: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}

async function heard({ stderr }: ChildProcess, says: string): Promise<void> {
  if (stderr === null) throw new Error('it was started without a pipe');
  const said: string[] = [];
  const lines = createInterface({ input: stderr });
  for await (const line of lines) {
    said.push(line);
    if (!line.includes(says)) continue;
    stderr.resume();
    return;
  }
  throw new Error(`it ended before it said “${says}”:\n${said.slice(-5).join('\n')}`);
}
