import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Instance {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly lines: readonly string[];
}

/** The built server of a checkout on a free port, when it says that it is ready. End it with `end`. */
export async function startInstance(checkout: string, env: Record<string, string>): Promise<Instance> {
  const child = spawn(process.execPath, ['dist/server.js'], {
    cwd: checkout,
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const lines: string[] = [];
  const port = await Promise.race([
    listening(child, lines),
    ended.then((how) =>
      Promise.reject(new Error(`ended with ${how} instead of listening: ${lines.join('\n')}`)),
    ),
  ]);
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; (await fetch(`${url}/ready`)).status !== 200; tries += 1) {
    if (tries > 200) throw new Error('it does not become ready');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { url, port, process: child, ended, lines };
}

/** Ends it whatever it does; nothing when it has ended by itself. */
export async function end({ process: child, ended }: Instance): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await ended;
}

function listening(child: ChildProcess, lines: string[]): Promise<number> {
  return new Promise((resolve) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      lines.push(line);
      const { message, port } = parsed(line);
      if (message === 'listening' && port !== undefined) resolve(port);
    });
  });
}

const parsed = (line: string): { message?: string; port?: number } =>
  line.startsWith('{') ? (JSON.parse(line) as { message?: string; port?: number }) : {};
