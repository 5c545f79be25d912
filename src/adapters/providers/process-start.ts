import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open, readFile, readdir, stat } from 'node:fs/promises';
import { freePort } from '../../free-port.js';
import { identityOf, isAlive, stopProcess, type ProcessIdentity } from '../../processes.js';
import { ShipwayError } from '../../errors.js';
import { writeInstance, type InstanceNote } from './process-files.js';

export interface StartProcess {
  readonly directory: string;
  readonly log: string;
  /** Working folder: the unpacked release. */
  readonly cwd: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly id: string;
  readonly token: string;
}

/** The instance's own time to end by itself: longer than services usually drain. */
const GRACE_MS = 15_000;
export const TOKEN = 'SHIPWAY_INSTANCE';

/**
 * Starts one instance, detached, in a session of its own, so that it outlives the worker. The note is written before the process
 * exists and completed after, and the token is in its environment: whenever the worker dies, the instance is found again.
 */
export async function startProcess(start: StartProcess): Promise<InstanceNote> {
  await mkdir(start.directory, { recursive: true, mode: 0o700 });
  const note: InstanceNote = {
    id: start.id,
    token: start.token,
    port: await freePort(),
    startedAt: new Date().toISOString(),
  };
  await writeInstance(start.directory, note);
  const pid = await spawned(start, note);
  const known: InstanceNote = { ...note, process: await identity(pid, start.log) };
  await writeInstance(start.directory, known);
  return known;
}

function spawned(
  { command, cwd, environment, log, token }: StartProcess,
  note: InstanceNote,
): Promise<number> {
  const [program = '', ...args] = command;
  const output = openSync(log, 'a', 0o600);
  const env = {
    ...environment,
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOST: '127.0.0.1',
    PORT: String(note.port),
    [TOKEN]: token,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    child.once('error', (error) => {
      reject(
        new ShipwayError('instance.start_failed', `${program} cannot be started: ${error.message}`, {
          cause: error,
        }),
      );
    });
    child.once('spawn', () => {
      child.unref();
      resolve(child.pid ?? 0);
    });
  });
}

async function identity(pid: number, log: string): Promise<ProcessIdentity> {
  try {
    return await identityOf(pid);
  } catch {
    throw new ShipwayError(
      'instance.start_failed',
      `the instance ended at once; its output: ${log}\n${await tail(log)}`,
    );
  }
}

/** The process of a note: the one written down, or, when the worker died before that, the one that carries the token. */
export async function processOf(note: InstanceNote): Promise<ProcessIdentity | undefined> {
  if (note.process !== undefined) return (await isAlive(note.process)) ? note.process : undefined;
  if (process.platform !== 'linux') return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(`${TOKEN}=${note.token}`)) return identityOf(Number(pid));
  }
  return undefined;
}

/** SIGTERM to the instance and all it started, SIGKILL after its grace. */
export async function stopInstance(note: InstanceNote): Promise<void> {
  const found = await processOf(note);
  if (found !== undefined) await stopProcess(found, { graceMs: GRACE_MS, group: true });
}

const TAIL_BYTES = 2_048;

/** The last of an instance's output, bounded, for an error message. */
export async function tail(log: string): Promise<string> {
  const file = await open(log, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await stat(log);
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}
