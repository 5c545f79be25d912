import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../errors.js';
import { findIdentity, stopProcess, type ProcessIdentity } from '../processes.js';
import type { Guard } from './guard.js';
import type { RunNote } from './run-notes.js';

export interface ServerToStart {
  /** For people: `PostgreSQL`. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Where this process's own environment does not say otherwise. */
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: { readonly uid?: number; readonly gid?: number };
  /** Absent: what it says is thrown away. */
  readonly logFile?: string;
  readonly guard?: Guard;
  /** Hears of the process at once, before it is known whether it will answer. What it throws ends the server and is thrown on. */
  readonly noted?: Noted;
  /** What ends it in order. */
  readonly signal: 'TERM' | 'INT';
  /** What it throws ends the server and is thrown on. */
  readonly answers: () => Promise<boolean>;
}

/** Keeps a process in mind for after a crash. */
export type Noted = (note: RunNote) => Promise<void>;

const READY_MS = 30_000;
const ASK_MS = 25;
const GRACE_MS = 5_000;
const ANSWER_MS = 1_000;

/**
 * Starts a server in a session of its own, so that Ctrl-C does not reach it before us, and waits until it answers. `undefined` when it
 * ended before that, or another holds its port; fails with `UsageError` when it stays silent, and has ended it then.
 */
export async function started(server: ServerToStart): Promise<ProcessIdentity | undefined> {
  // Something else answers there already: it would be taken for what is started here.
  if (await server.answers()) return undefined;
  const log = server.logFile === undefined ? 'ignore' : openSync(server.logFile, 'a', 0o600);
  const child = spawn(server.program, server.args, {
    ...server.user,
    ...(server.env === undefined ? {} : { env: { ...server.env, ...process.env } }),
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  if (typeof log === 'number') closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const signal = `SIG${server.signal}` as const;
  const identity = await findIdentity(child.pid ?? 0).catch((error: unknown) => {
    child.kill(signal);
    throw error;
  });
  if (identity === undefined) return undefined;
  server.guard?.process(identity, server.signal);
  const end = (): Promise<void> => stopProcess(identity, { signal, graceMs: GRACE_MS });
  try {
    await server.noted?.({ ...identity, signal });
    for (const until = Date.now() + READY_MS; Date.now() < until; await sleep(ASK_MS)) {
      const answered = await server.answers();
      if (ended()) return undefined;
      if (answered) return identity;
    }
  } catch (error) {
    await end();
    throw error;
  }
  await end();
  throw didNotStart(server.name, server.logFile);
}

/** The same for a server whose port was free just now. Fails with `UsageError` when it ended before it answered, too. */
export async function mustStart(server: ServerToStart): Promise<ProcessIdentity> {
  const identity = await started(server);
  if (identity === undefined) throw didNotStart(server.name, server.logFile);
  return identity;
}

/** Whether a server answers there as one that is ready. */
export async function answersAt(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

export function didNotStart(name: string, logFile: string | undefined): UsageError {
  const next = logFile === undefined ? 'start it by hand to see why' : `read its log: ${logFile}`;
  return new UsageError(`${name} did not start`, next);
}
