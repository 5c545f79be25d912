import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { inject } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { sql } from '../store/cluster.js';
import { temporalAddress } from './servers.js';

export interface WorkerProcess {
  readonly child: ChildProcess;
  /** All that it has said so far, and what of it on stdout. */
  readonly log: () => string;
  readonly out: () => string;
  /** Resolves with the address of its API (or nothing) when it polls; rejects with its log when it ends instead. */
  readonly polls: Promise<string | undefined>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** `shipway worker` as it is built, with this environment and nothing of the test's own but the way to programs. */
export function workerProcess(
  cwd: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): WorkerProcess {
  const child = spawn(process.execPath, [join(packageRoot(), 'bin/shipway.js'), 'worker', ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', TEMPORAL_ADDRESS: temporalAddress(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [text, out] = ['', ''];
  const heard = (chunk: Buffer): void => void (text += chunk.toString());
  child.stdout.on('data', heard).on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', heard);
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const polls = new Promise<string | undefined>((resolve, reject) => {
    const look = (): void => {
      const line = text.split('\n').find((l) => l.includes('"worker polls"'));
      if (line !== undefined) resolve((JSON.parse(line) as { api?: string }).api);
    };
    child.stderr.on('data', look);
    void ended.then(() => reject(new Error(`the worker ended: ${text}`)));
  });
  polls.catch(() => undefined);
  return { child, log: () => text, out: () => out, polls, ended };
}

/** An empty database of its own on the test run's PostgreSQL. */
export async function freshDatabase(): Promise<string> {
  const server = inject('postgresUrl');
  const name = `w${randomUUID().replaceAll('-', '')}`;
  await sql(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
