import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, readlink, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { ifGone } from '../if-gone.js';
import { findIdentity } from '../processes.js';
import { SHARED, open, ours, passwordFile } from './postgres-files.js';

const PREFIX = 'postgres-';
const ORIGIN = 'origin';
const DATA = 'data';
/** Since its last start. A disk that is not mounted today is no reason to remove a database that is linked from there. */
const ABANDONED_MS = 7 * 24 * 3600 * 1_000;

/**
 * The folder that PostgreSQL's data really lies in: `dataDir`, or, when the user it runs as cannot reach that (root's home is closed to
 * others), one in the system's place for such things, with a link from `dataDir`. Of those, such whose link is gone are removed once
 * they were not started for a week.
 */
export async function dataFolder(dataDir: string): Promise<string> {
  await mkdir(dirname(dataDir), { recursive: true });
  const linked = await linkedFrom(dataDir);
  if (linked === undefined && (await open(dirname(dataDir))))
    return (await realpath(dataDir).catch(ifGone)) ?? dataDir;
  if (linked === undefined) await removeUnlinked();
  const place = linked ?? (await link(dataDir));
  if (isMadeHere(dirname(place))) {
    await mkdir(dirname(place), { recursive: true, mode: 0o755 });
    await writeFile(join(dirname(place), ORIGIN), dataDir, { mode: 0o600 });
  }
  return place;
}

/** The link first, its folder later: one that has a link is not taken for a leftover. */
async function link(dataDir: string): Promise<string> {
  const place = join(SHARED, `${PREFIX}${randomBytes(8).toString('hex')}`, DATA);
  try {
    await symlink(place, dataDir);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new UsageError(
      `PostgreSQL, which does not run as root, cannot reach its data in ${dataDir}`,
      'run as the user whose folder that is, or let others pass through the folders above it (chmod o+x)',
    );
  }
  return place;
}

/** Removes the data, wherever it lies, and the password beside it. */
export async function removeData(dataDir: string): Promise<void> {
  const place = await linkedFrom(dataDir);
  // Only a folder that was made here goes whole; a link of the user's own leads to who knows what.
  if (place !== undefined && isMadeHere(dirname(place)) && basename(place) === DATA)
    await rm(dirname(place), { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
  await rm(passwordFile(dataDir), { force: true });
}

async function removeUnlinked(): Promise<void> {
  for (const name of (await readdir(SHARED).catch(ifGone)) ?? []) {
    const folder = join(SHARED, name);
    // Of one that cannot be looked at nothing is known, so it stays.
    if (isMadeHere(folder) && (await isAbandoned(folder).catch(() => false)))
      await rm(folder, { recursive: true, force: true });
  }
}

/** Fails when that cannot be told. */
async function isAbandoned(folder: string): Promise<boolean> {
  const place = join(folder, DATA);
  if (!(await isOurs(folder))) return false;
  const note = await stat(join(folder, ORIGIN)).catch(ifGone);
  if (note === undefined || Date.now() - note.mtimeMs < ABANDONED_MS) return false;
  const origin = await readFile(join(folder, ORIGIN), 'utf8');
  return (await linkedFrom(origin)) !== place && !(await inUse(place));
}

const isMadeHere = (folder: string): boolean =>
  dirname(folder) === SHARED && basename(folder).startsWith(PREFIX);

/** What a link leads to; `undefined` when it is none or nothing is there. */
async function linkedFrom(path: string): Promise<string | undefined> {
  try {
    return resolve(dirname(path), await readlink(path));
  } catch (error) {
    // It is no link.
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return undefined;
    return ifGone(error);
  }
}

/** Somebody else's of that name is left alone. */
async function isOurs(folder: string): Promise<boolean> {
  try {
    return await ours(folder);
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

async function inUse(place: string): Promise<boolean> {
  const note = await readFile(join(place, 'postmaster.pid'), 'utf8').catch(ifGone);
  const pid = Number(note?.split('\n')[0]);
  return pid > 0 && (await findIdentity(pid)) !== undefined;
}
