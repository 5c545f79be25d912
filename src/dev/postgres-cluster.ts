import { chown, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foreign } from '../adapters/providers/process-find.js';
import { findIdentity, stopProcess } from '../processes.js';
import { makeFolder, postgresUser } from './postgres-files.js';
import { runCommand } from './run-command.js';

const INIT_MS = 60_000;
const PS_MS = 10_000;
/** SIGINT closes connections and loses nothing; what has not ended after this is killed, which PostgreSQL recovers from. */
const GRACE_MS = 20_000;

export async function isCluster(place: string): Promise<boolean> {
  return stat(join(place, 'PG_VERSION')).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** Makes a cluster beside `place` and moves it there: one that was interrupted is never taken for one that is whole. */
export async function makeCluster(
  programs: string,
  place: string,
  owner: string,
  secret: string,
): Promise<void> {
  const work = `${place}.new`;
  await rm(work, { recursive: true, force: true });
  await makeFolder(work);
  const { uid, gid } = postgresUser();
  // Beside the data, where that user can go: this user's folder for temporary files may be closed to others.
  const folder = `${place}.initdb`;
  await rm(folder, { recursive: true, force: true });
  await makeFolder(folder);
  const file = join(folder, 'password');
  try {
    await writeFile(file, secret, { mode: 0o600 });
    if (uid !== undefined && gid !== undefined) await chown(file, uid, gid);
    const login = ['-U', owner, '-A', 'scram-sha-256', `--pwfile=${file}`];
    const args = ['-D', work, ...login, '-E', 'UTF8', '--no-locale', '--no-sync'];
    await runCommand(join(programs, 'initdb'), args, { timeoutMs: INIT_MS, cwd: '/', ...postgresUser() });
    await rm(place, { recursive: true, force: true });
    await rename(work, place);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Ends a server that a crash left on this data. PostgreSQL itself removes the file of one that is gone, unless its pid is another
 * program's by now: then it is removed here.
 */
export async function endLeftover(place: string): Promise<void> {
  const file = join(place, 'postmaster.pid');
  const pid = await readFile(file, 'utf8').then(
    (text) => Number(text.split('\n')[0]),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (pid === undefined) return;
  const identity = await findIdentity(pid);
  if (identity === undefined) return;
  const command = await commandLine(pid);
  if (command === '') return;
  const ours = await worksOn(pid, command, place);
  if (ours === true) await stopProcess(identity, { signal: 'SIGINT', graceMs: GRACE_MS });
  else if (ours === false) await rm(file, { force: true });
}

/** PostgreSQL's working folder is its data. Where that cannot be asked only its command line may tell: `undefined` when it does not. */
async function worksOn(pid: number, command: string, place: string): Promise<boolean | undefined> {
  if (!command.includes('postgres')) return false;
  if (process.platform !== 'linux') return ` ${command} `.includes(` ${place} `) ? true : undefined;
  const folder = await readlink(`/proc/${String(pid)}/cwd`).catch(foreign);
  return folder === undefined ? undefined : folder === (await realpath(place));
}

/** Empty: it has just ended. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux')
    return (await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(foreign)) ?? '';
  return runCommand('ps', ['-o', 'command=', '-p', String(pid)], { timeoutMs: PS_MS }).then(
    (text) => text.trim(),
    noSuch,
  );
}

/** `ps` ends with 1 when there is no such process. */
function noSuch(error: Error): string {
  if ((error.cause as { code?: unknown } | undefined)?.code === 1) return '';
  throw error;
}
