import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, readlink, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { identityOf } from '../processes.js';
import { SHARED, open, ours, passwordFile } from './postgres-files.js';

const PREFIX = 'postgres-';
const ORIGIN = 'origin';
const DATA = 'data';

/**
 * The folder that PostgreSQL's data really lies in: `dataDir`, or, when the user it runs as cannot reach that (root's home is closed to
 * others), one in the system's place for such things, with a link from `dataDir`. Of those, such whose link is gone are removed.
 */
export async function dataFolder(dataDir: string): Promise<string> {
  await mkdir(dirname(dataDir), { recursive: true });
  const linked = await linkedFrom(dataDir);
  if (linked === undefined && (await open(dirname(dataDir)))) return realpath(dataDir).catch(() => dataDir);
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
  for (const name of await readdir(SHARED).catch(() => [])) {
    const folder = join(SHARED, name);
    if (!isMadeHere(folder) || !(await isOurs(folder))) continue;
    const origin = await readFile(join(folder, ORIGIN), 'utf8').catch(() => undefined);
    if (origin === undefined) continue;
    const linked = await linkedFrom(origin);
    if (linked === join(folder, DATA) || (await inUse(join(folder, DATA)))) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

const isMadeHere = (folder: string): boolean =>
  dirname(folder) === SHARED && basename(folder).startsWith(PREFIX);

/** What a link leads to; `undefined` when it is none. */
async function linkedFrom(path: string): Promise<string | undefined> {
  const target = await readlink(path).catch(() => undefined);
  return target === undefined ? undefined : resolve(dirname(path), target);
}

/** Somebody else's of that name is left alone. */
const isOurs = (folder: string): Promise<boolean> => ours(folder).catch(() => false);

async function inUse(place: string): Promise<boolean> {
  const note = await readFile(join(place, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(note.split('\n')[0]);
  if (!(pid > 0)) return false;
  return identityOf(pid).then(
    () => true,
    () => false,
  );
}
