import { constants, type Stats } from 'node:fs';
import { open, readlink, type FileHandle } from 'node:fs/promises';
import { sep } from 'node:path';

export const isBelow = (root: string, path: string): boolean => path === root || path.startsWith(root + sep);

/** Never through a link, and never waiting for whoever writes into a pipe. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens the plain file that was `seen` at `path`, or `undefined` when by now something else lies there or another place is meant by it:
 * whoever may write in the folder may exchange a part of the path at any moment.
 */
export async function openSeen(
  path: string,
  seen: Stats,
  mayBe: (place: string) => boolean,
): Promise<FileHandle | undefined> {
  const file = await open(path, FLAGS).catch(ifExchanged);
  if (file === undefined) return undefined;
  try {
    const { dev, ino } = await file.stat();
    if (dev === seen.dev && ino === seen.ino && mayBe(await placeOf(file, path))) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** Where an open file really lies; known on Linux. */
const placeOf = (file: FileHandle, path: string): Promise<string> =>
  process.platform === 'linux' ? readlink(`/proc/self/fd/${String(file.fd)}`) : Promise.resolve(path);

/** A link, or a socket. */
function ifExchanged(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ELOOP' || error.code === 'ENXIO') return undefined;
  throw error;
}
