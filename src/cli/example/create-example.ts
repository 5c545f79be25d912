import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError, whyOf } from '../../errors.js';
import { git } from './git.js';
import { MANIFEST_FILE, readExample, type Example, type ExampleRelease } from './manifest.js';
import { setInYaml, type YamlValue } from './set-in-yaml.js';

export interface CreateExample {
  readonly name: string;
  /** Where to make it: a path that does not exist yet, or an empty directory. */
  readonly directory: string;
  /** Instead of the one that its configuration has. */
  readonly router?: string;
}
export interface CreatedExample {
  readonly directory: string;
  /** One for each release, oldest first; `main` is at the last. */
  readonly tags: readonly string[];
}

/** What working in the example's own folder may have left there. */
const LEFT_BEHIND = ['dist', 'node_modules', '.shipway'];

/**
 * Makes a git repository of an example: branch `main`, one commit and one tag a release, the same commits on every machine.
 * All or nothing: what it made is removed again when it cannot finish. Fails with `UsageError` when the name or the router is
 * unknown, the directory holds anything or cannot be made, or git is missing.
 */
export async function createExample({ name, directory, router }: CreateExample): Promise<CreatedExample> {
  const example = await readExample(name);
  const served = router === undefined ? [] : servedBy(example, router);
  const target = resolve(directory);
  const made = await claim(target, name);
  try {
    await git(target, ['init', '--quiet', '--template=']);
    await git(target, ['symbolic-ref', 'HEAD', 'refs/heads/main']);
    for (const release of example.manifest.releases) await addRelease(example, release, target, served);
  } catch (error) {
    await empty(target, made);
    throw error;
  }
  return { directory: target, tags: example.manifest.releases.map(({ tag }) => tag) };
}

/** What its configuration says of another router. */
function servedBy({ manifest: { name, routers = {} } }: Example, router: string): readonly YamlValue[] {
  const said = Object.hasOwn(routers, router) ? routers[router] : undefined;
  if (said === undefined)
    throw new UsageError(
      `the example ${name} has no configuration for the router ${JSON.stringify(router)}`,
      `use one of: ${Object.keys(routers).join(', ')}; or leave it out for the one that it has`,
    );
  return Object.entries({ router, ...said }).map(([key, value]) => [['deploy', key], value]);
}

async function addRelease(
  example: Example,
  release: ExampleRelease,
  target: string,
  served: readonly YamlValue[],
): Promise<void> {
  const { author } = example.manifest;
  if (release.overlay === undefined) {
    await layBase(example, target);
    await setInYaml(join(target, 'shipway.yaml'), served);
  } else await cp(join(example.folder, release.overlay), target, { recursive: true });
  await git(target, ['add', '--all']);
  await git(target, ['commit', '--quiet', '--message', release.message], { ...author, date: release.date });
  await git(target, ['tag', release.tag]);
}

/** Copies the example's folder but for its manifest and overlays. Package archives drop `.gitignore`, so it is kept as `_gitignore`. */
async function layBase({ folder, manifest }: Example, target: string): Promise<void> {
  const overlays = manifest.releases.flatMap(({ overlay }) => overlay?.split('/')[0] ?? []);
  const left = new Set([MANIFEST_FILE, ...overlays, ...LEFT_BEHIND].map((entry) => join(folder, entry)));
  await cp(folder, target, { recursive: true, filter: (source) => !left.has(source) });
  await rename(join(target, '_gitignore'), join(target, '.gitignore'));
}

/** Makes sure that `target` is an empty directory. Returns the first directory it had to make. */
async function claim(target: string, name: string): Promise<string | undefined> {
  try {
    const made = await mkdir(target, { recursive: true });
    if ((await readdir(target)).length === 0) return made;
  } catch (error) {
    throw new UsageError(
      `${target} cannot be used: ${whyOf(error)}`,
      'name a directory that does not exist yet',
    );
  }
  throw new UsageError(
    `${target} is not empty: an example is made in a directory of its own`,
    `name one that does not exist yet, for example ${join(target, name)}`,
  );
}

async function empty(target: string, made: string | undefined): Promise<void> {
  if (made !== undefined) return rm(made, { recursive: true, force: true });
  const entries = await readdir(target);
  await Promise.all(entries.map((entry) => rm(join(target, entry), { recursive: true, force: true })));
}
