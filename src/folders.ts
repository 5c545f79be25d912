import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { UsageError } from './errors.js';
import { ifGone } from './if-gone.js';

/** What is in a folder; nothing when there is none. Any other failure stays one: what cannot be read is not nothing. */
export async function entriesOf(directory: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The names of the folders in it, no links among them. */
export const foldersIn = async (directory: string): Promise<readonly string[]> =>
  (await entriesOf(directory)).filter((e) => e.isDirectory()).map((e) => e.name);

/** Whether something is there. Fails when that cannot be told. */
export const exists = async (path: string): Promise<boolean> =>
  (await stat(path).catch(ifGone)) !== undefined;

/** Whether the name is taken, be it by a link to nothing. Fails when that cannot be told. */
export const isTaken = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(ifGone)) !== undefined;

export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** The error of a link that leads to no file: somebody means it, so nothing takes its place. */
export async function brokenLink(path: string): Promise<UsageError | undefined> {
  const to = await readlink(path).catch(() => undefined);
  return to === undefined || (await isFile(path))
    ? undefined
    : new UsageError(
        `${path} is a link to ${to}, and no file is there`,
        'put the file there, or remove the link',
      );
}
