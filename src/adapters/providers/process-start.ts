import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShipwayError } from '../../errors.js';
import { freePort } from '../../free-port.js';
import { findIdentity, isAlive, type ProcessIdentity } from '../../processes.js';
import { instanceDir, logFile, makeLogFile, writeInstance, type InstanceNote } from './process-files.js';
import { bootIdentity } from './process-boot.js';
import { TOKEN, member } from './process-find.js';

/**
 * Notes its pid, then becomes the program. The file is made by whoever comes first, this or the worker that gives the start up, and
 * by nobody twice: a start that was given up never becomes the program, however late it comes. All that varies is an argument.
 */
const LAUNCHER = 'set -C; echo "$$" > "$1" || exit 125; set +C; shift; exec "$@"';
const GIVEN_UP = 'given up';
const pidFile = (slotDirectory: string, id: string): string => join(instanceDir(slotDirectory, id), 'pid');

export interface StartProcess {
  readonly slotDirectory: string;
  /** Working folder: the unpacked release. */
  readonly cwd: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What shipway itself tells the instance. */
  readonly told: Readonly<Record<string, string>>;
}
export interface Started {
  readonly note: InstanceNote;
  /** Started just now, by this process, which is then told how it ends. */
  readonly fresh: boolean;
  readonly ended: () => string | undefined;
}

/**
 * Starts one instance, detached, in a session of its own, so that it outlives the worker. The note is written before the process
 * exists and completed after: whenever the worker dies, the instance is found again or never comes to be.
 */
export async function startProcess(start: StartProcess): Promise<Started> {
  const { slotDirectory } = start;
  const note: InstanceNote = {
    id: randomUUID(),
    port: await freePort(),
    startedAt: new Date().toISOString(),
    boot: await bootIdentity(),
  };
  await writeInstance(slotDirectory, note);
  await makeLogFile(slotDirectory, note.id);
  const home = join(instanceDir(slotDirectory, note.id), 'home');
  await mkdir(home, { mode: 0o700 });
  const { child, ended } = launched(start, note, { HOME: home, PATH: path(), ...start.environment });
  const pid = await spawned(child);
  const identity = await findIdentity(pid);
  if (identity === undefined) return { note, fresh: true, ended };
  const known: InstanceNote = { ...note, process: identity };
  await writeInstance(slotDirectory, known);
  return { note: known, fresh: true, ended };
}

/** Never the worker's environment: its search path alone, so that programs are found, with this Node's folder at the end of it. */
const path = (): string =>
  [process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', dirname(process.execPath)].join(delimiter);

function launched(start: StartProcess, note: InstanceNote, base: Record<string, string>) {
  const { slotDirectory, command, cwd, told } = start;
  const env = { ...base, ...told, HOST: '127.0.0.1', PORT: String(note.port), [TOKEN]: note.id };
  const output = openSync(logFile(slotDirectory, note.id), 'a', 0o600);
  let end: string | undefined;
  try {
    const args = ['-c', LAUNCHER, 'shipway', pidFile(slotDirectory, note.id), ...command];
    const child = spawn('/bin/sh', args, { cwd, env, detached: true, stdio: ['ignore', output, output] });
    child.once('exit', (code, signal) => {
      end = code === null ? `was ended by ${String(signal)}` : `ended with exit code ${String(code)}`;
    });
    return { child, ended: () => end };
  } finally {
    closeSync(output);
  }
}

const spawned = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new ShipwayError('instance.start_failed', `cannot be started: ${cause.message}`, { cause }));
    });
    child.once('spawn', () => {
      child.unref();
      resolve(child.pid ?? 0);
    });
  });

/** The living process of an instance, as far as it has come; looks only. */
export async function processOf(
  slotDirectory: string,
  note: InstanceNote,
): Promise<ProcessIdentity | undefined> {
  if (note.process !== undefined) return (await isAlive(note.process)) ? note.process : undefined;
  const pid = Number(await readPid(slotDirectory, note.id));
  return Number.isInteger(pid) && pid > 0 ? member(pid, note.id) : undefined;
}

/** Whether it has been noted, and neither came to be nor was given up yet. */
export const isOnItsWay = async (slotDirectory: string, note: InstanceNote): Promise<boolean> =>
  note.process === undefined && (await readPid(slotDirectory, note.id)) === undefined;

/**
 * The living process of an instance whose worker may have died in the middle of its start. Afterwards it either is known or will
 * never be. Only under the slot's lock: it gives up a start that is still on its way.
 */
export async function settled(
  slotDirectory: string,
  note: InstanceNote,
): Promise<ProcessIdentity | undefined> {
  if (note.process === undefined) await giveUp(pidFile(slotDirectory, note.id));
  for (let i = 0; note.process === undefined && i < WRITE_TRIES; i++) {
    if ((await readPid(slotDirectory, note.id)) !== undefined) break;
    await sleep(WRITE_MS);
  }
  return processOf(slotDirectory, note);
}
/** From the launcher's making of its file to the writing of it: at once, but it is another process. */
const WRITE_TRIES = 100;
const WRITE_MS = 20;

async function giveUp(file: string): Promise<void> {
  try {
    await writeFile(file, `${GIVEN_UP}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What the file says once it is written; `undefined` until then. */
async function readPid(slotDirectory: string, id: string): Promise<string | undefined> {
  try {
    const text = await readFile(pidFile(slotDirectory, id), 'utf8');
    return text.endsWith('\n') ? text.trim() : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
