import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/paths.js';

const run = promisify(execFile);
const NPM = { maxBuffer: 64 * 1024 ** 2 };
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];

export interface Packed {
  readonly tarball: string;
  /** Paths in the package. */
  readonly files: readonly string[];
}

/** `npm pack` of this checkout into `folder`. */
export async function pack(folder: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { ...NPM, cwd: packageRoot() });
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
}

interface Lock {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, object>>;
}

/**
 * Installs the tarball into an empty folder as a user's dependency, without development dependencies, and gives that folder. Versions
 * are those of this checkout's lock file, so that npm finds all of them in its cache.
 */
export async function installed(tarball: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shipway-installed-'));
  const lock = JSON.parse(await readFile(join(packageRoot(), 'package-lock.json'), 'utf8')) as Lock;
  const { '': shipway, ...others } = lock.packages;
  const { devDependencies: _, ...own } = shipway as { readonly devDependencies?: object };
  const project = { name: 'project', version: '1.0.0', dependencies: { shipway: `file:${tarball}` } };
  const packages = {
    '': project,
    'node_modules/shipway': { ...own, resolved: `file:${tarball}` },
    ...others,
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(project));
  const { lockfileVersion } = lock;
  await writeFile(
    join(folder, 'package-lock.json'),
    JSON.stringify({ name: project.name, version: project.version, lockfileVersion, packages }),
  );
  await run('npm', ['ci', '--omit=dev', ...QUIET], { ...NPM, cwd: folder });
  return folder;
}

export const removed = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
