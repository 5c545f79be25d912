import { execFile } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { UsageError } from '../errors.js';

/** The user that stage commands run as, when it is another than the worker's. */
export interface StageUser {
  readonly uid: number;
  readonly gid: number;
}
const run = promisify(execFile);

/**
 * The user named by SHIPWAY_STAGE_USER, and the folder of all jobs made so that it can come to its own place in it and to nothing else.
 * Fails with `UsageError` when that cannot work: better no worker than commands with the worker's rights.
 */
export async function stageUser(name: string, stageDir: string): Promise<StageUser> {
  if (process.getuid?.() !== 0)
    throw new UsageError(
      'SHIPWAY_STAGE_USER is set, and this worker may not become another user',
      'start it as root, or leave SHIPWAY_STAGE_USER out and start it as that user',
    );
  const [uid, gid] = [await idOf(name, '-u'), await idOf(name, '-g')];
  if (uid === 0)
    throw new UsageError('SHIPWAY_STAGE_USER is root', 'name a user without rights, made for this');
  await mkdir(stageDir, { recursive: true, mode: 0o711 });
  await chmod(stageDir, 0o711);
  try {
    await run('/bin/sh', ['-c', 'cd "$1"', 'sh', stageDir], { uid, gid, cwd: '/' });
  } catch {
    throw new UsageError(
      `the user ${name} cannot come to ${stageDir}`,
      'set SHIPWAY_STAGE_DIR to a folder that everybody may pass through, such as /var/lib/shipway/stages',
    );
  }
  return { uid, gid };
}

async function idOf(name: string, which: '-u' | '-g'): Promise<number> {
  try {
    return Number((await run('id', [which, '--', name])).stdout);
  } catch {
    throw new UsageError(
      `SHIPWAY_STAGE_USER is ${JSON.stringify(name)}, and there is no such user`,
      'make it, for example with `useradd --system`',
    );
  }
}

/** Gives folders and all in them to the user, and nothing above them; no link is followed. */
export async function handOver(folders: readonly string[], user: StageUser | undefined): Promise<void> {
  if (user === undefined) return;
  await run('chown', ['-R', '-h', `${String(user.uid)}:${String(user.gid)}`, '--', ...folders]);
}
