import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Stored } from '../../domain/ports.js';
import { DIGEST, type Digest } from '../../domain/release.js';
import { entriesOf, foldersIn } from '../../folders.js';
import { ifGone } from '../../if-gone.js';

/** Content on its way out: whole, and back in its place when somebody has asked for it meanwhile. */
const goingOf = (directory: string): string => join(directory, 'going');

/** What one who was killed had on its way out comes back first. */
export async function* stored(directory: string, after = ''): AsyncIterable<Stored> {
  await putBack(directory);
  const root = join(directory, 'sha256');
  for (const part of (await foldersIn(root)).toSorted()) {
    if (part < after.slice(0, 2)) continue;
    for (const digest of (await readdir(join(root, part))).toSorted()) {
      if (digest <= after || !DIGEST.test(digest)) continue;
      const found = await stat(join(root, part, digest)).catch(ifGone);
      if (found !== undefined) yield { digest, bytes: found.size, at: found.mtimeMs };
    }
  }
}

/**
 * Out of its place first, and looked at again there: whoever has asked for it before has touched it, and whoever asks later is told that
 * it is not there.
 */
export async function removed(directory: string, path: string, before: number): Promise<boolean> {
  if (((await stat(path).catch(ifGone))?.mtimeMs ?? before) >= before) return false;
  await mkdir(goingOf(directory), { recursive: true, mode: 0o700 });
  const going = join(goingOf(directory), basename(path));
  if ((await rename(path, going).then(() => true, ifGone)) !== true) return false;
  if (((await stat(going).catch(ifGone))?.mtimeMs ?? before) < before) {
    await rm(going, { force: true });
    return true;
  }
  await rename(going, path).catch(ifGone);
  return false;
}

async function putBack(directory: string): Promise<void> {
  const going = goingOf(directory);
  for (const { name } of await entriesOf(going)) {
    const place = placeIn(directory, name);
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    // What was put there meanwhile is the same, and newer.
    await link(join(going, name), place).catch(ifThere);
    await rm(join(going, name), { force: true });
  }
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
}

const placeIn = (directory: string, digest: Digest): string =>
  join(directory, 'sha256', digest.slice(0, 2), digest);
