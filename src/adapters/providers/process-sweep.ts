import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Provider } from '../../domain/ports.js';
import { exclusive } from '../../exclusive.js';
import { foldersIn } from '../../folders.js';
import { ifGone } from '../../if-gone.js';
import { notedSlots, readSlot, slotDir } from './process-files.js';
import { ASIDE, asideOf, usedAt } from './process-release.js';

/**
 * Removes unpacked releases under the lock under which they are unpacked, so that nobody is given a folder that is about to go: who takes
 * one has said that he uses it.
 */
export async function sweepReleases(
  stateDir: string,
  { keep, before, dryRun }: Parameters<Provider['sweep']>[0],
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly bytes: number }> {
  const root = join(stateDir, 'releases');
  const needed = new Set([...keep, ...(await inSlots(stateDir))]);
  let [count, bytes] = [0, 0];
  for (const service of await foldersIn(root))
    for (const digest of await foldersIn(join(root, service))) {
      const place = join(root, service, digest.replace(ASIDE, ''));
      if (digest.endsWith(ASIDE)) {
        if (!dryRun)
          await exclusive(place, signal, () => rm(asideOf(place), { recursive: true, force: true }));
        continue;
      }
      if (needed.has(digest) || ((await usedAt(place)) ?? before) >= before) continue;
      await exclusive(place, signal, async () => {
        if (((await usedAt(place)) ?? before) >= before) return;
        const size = await sizeOf(place);
        if (!dryRun) await removed(place);
        count += 1;
        bytes += size;
      });
    }
  return { count, bytes };
}

/** Whole or not at all: a folder that is there counts as a whole release. */
async function removed(place: string): Promise<void> {
  await rm(asideOf(place), { recursive: true, force: true });
  await rename(place, asideOf(place));
  await rm(asideOf(place), { recursive: true, force: true });
}

async function inSlots(stateDir: string): Promise<readonly string[]> {
  const slots = await notedSlots(stateDir);
  const notes = await Promise.all(slots.map(({ target, slot }) => readSlot(slotDir(stateDir, target, slot))));
  return notes.flatMap((note) => note?.release.digest ?? []);
}

/** Of all files in it. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const files = await Promise.all(names.map((name) => lstat(join(folder, name)).catch(ifGone)));
  return files.reduce((sum, file) => sum + (file?.isFile() === true ? file.size : 0), 0);
}
