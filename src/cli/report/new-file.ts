import { link, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../../errors.js';
import { isTaken } from '../../folders.js';

/** Whether a file of that name can be made: nothing that is there is written over. Fails with `UsageError`. */
export async function refuseTaken(path: string): Promise<void> {
  if (path === '') throw new UsageError('the path of the file is empty', 'name a file: --output report.html');
  // What cannot be looked at is told when it is written, with its reason.
  if (await isTaken(path).catch(() => false)) throw taken(path);
}

/** Writes a file that was not there: whole, or not at all. Fails with `UsageError`. */
export async function writeNew(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path).slice(0, MOST_NAME)}.${randomUUID()}`);
  try {
    await writeFile(draft, text, { flag: 'wx' });
    await link(draft, path);
  } catch (error) {
    throw unwritable(path, error as NodeJS.ErrnoException);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
const MOST_NAME = 100;

const taken = (path: string): UsageError =>
  new UsageError(`${path} is there already`, 'name another file, or remove it first');

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'what it is to be in is a file',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there, or the file system knows no links',
  EROFS: 'you may not write there',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is full',
};
function unwritable(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'EEXIST') return taken(path);
  const why = WHY[error.code ?? ''];
  return why === undefined
    ? error
    : new UsageError(`${path} cannot be written: ${why}`, 'name another file with --output');
}
