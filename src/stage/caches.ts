import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { NAME } from '../domain/ids.js';
import type { CachePlan } from '../domain/plan.js';
import { exists } from '../folders.js';
import { takenForUse } from '../touched.js';
import { launched } from './launcher.js';

interface Caching {
  readonly stageDir: string;
  readonly service: string;
  readonly cache: readonly CachePlan[];
  readonly job: string;
}

/**
 * Puts back what the stage keeps, by the content of its key files as they are before the commands run; the keys are noted, because
 * commands may change those files. A cache is a help, not a promise: one that is not there is not restored.
 */
export async function restoreCaches(caching: Caching, workspace: string): Promise<void> {
  if (caching.cache.length === 0) return;
  const places: string[] = [];
  for (const cache of caching.cache) {
    const place = await cachePlace(caching, cache, workspace);
    places.push(place);
    const there = await takenForUse(place);
    for (const [i, path] of cache.paths.entries()) {
      const [kept, to] = [join(place, String(i)), await within(workspace, path)];
      if (to !== undefined && there && (await exists(kept)) && !(await isThere(to))) await copy(kept, to);
    }
  }
  await writeFile(noteFile(caching.job), JSON.stringify(places), { mode: 0o600 });
}
const noteFile = (job: string): string => join(job, 'caches.json');

/** Keeps the caches of a stage that passed, under the keys that were noted; one that is kept already stays. */
export async function keepCaches(caching: Caching, workspace: string): Promise<void> {
  if (caching.cache.length === 0) return;
  const places = JSON.parse(await readFile(noteFile(caching.job), 'utf8')) as string[];
  for (const [n, place] of places.entries()) {
    if (await exists(place)) continue;
    const work = `${place}.${randomUUID()}`;
    try {
      for (const [i, path] of (caching.cache[n]?.paths ?? []).entries()) {
        const from = await within(workspace, path);
        if (from !== undefined && (await isThere(from))) await copy(from, join(work, String(i)));
      }
      if ((await exists(work)) && !(await exists(place))) await rename(work, place);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
}

async function cachePlace(
  { stageDir, service }: Caching,
  { paths, keyFiles }: CachePlan,
  workspace: string,
): Promise<string> {
  if (!NAME.test(service)) throw new Error(`${JSON.stringify(service)} is no service`);
  const hash = createHash('sha256').update(JSON.stringify(paths));
  for (const file of keyFiles) hash.update(await contentOf(workspace, file));
  return join(stageDir, 'cache', service, hash.digest('hex'));
}

/** A plain file of the workspace; anything else, a device or a pipe for one, counts as none. */
async function contentOf(workspace: string, file: string): Promise<string | Uint8Array> {
  const path = await within(workspace, file);
  if (path === undefined || !(await isThere(path)) || !(await lstat(path)).isFile()) return 'none';
  return readFile(path);
}

/** The path, unless it leads out of the workspace, also by the links on the way to it. */
async function within(workspace: string, path: string): Promise<string | undefined> {
  const root = await realpath(workspace);
  const full = join(root, path.replace(/\/+$/, ''));
  if (!full.startsWith(root + sep)) return undefined;
  const above = await nearest(dirname(full));
  return above === root || above.startsWith(root + sep) ? full : undefined;
}

/** The real place of the nearest folder above that there is. */
async function nearest(folder: string): Promise<string> {
  return (await isThere(folder)) ? realpath(folder).catch(() => '') : nearest(dirname(folder));
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await launched('copyTree', from, to);
}
