import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NAME } from '../../domain/ids.js';
import type { ArtifactStore } from '../../domain/ports.js';
import { DIGEST, type Release } from '../../domain/release.js';
import { ShipwayError } from '../../errors.js';
import { unpackArtifacts } from '../artifacts/tar.js';
import { machineBoot } from './process-boot.js';
import { exclusive } from '../../exclusive.js';
import { ifGone } from '../../if-gone.js';
import { touched } from '../../touched.js';

/** The boot in which a release was unpacked, beside its content and in no artifact's way. */
const CONTENT = 'content';
const BOOT = 'boot';

/**
 * The folder of an unpacked release, `releases/<service>/<digest>/content`: made once for its digest, whole or not at all, and shared by
 * its instances. After a reboot it is made anew: what a machine that lost its power had not written yet would lie there empty.
 * Fails with `artifact.missing`, `artifact.mismatch`.
 */
export async function unpackRelease(
  stateDir: string,
  artifacts: ArtifactStore,
  release: Release,
  signal: AbortSignal,
): Promise<string> {
  const { service, digest } = release;
  if (!NAME.test(service) || !DIGEST.test(digest))
    throw new ShipwayError('internal.bug', `${JSON.stringify(`${service} ${digest}`)} is no release`);
  const place = join(stateDir, 'releases', service, digest);
  const boot = await machineBoot();
  await exclusive(place, signal, async () => {
    if ((await readIfThere(join(place, BOOT))) === boot) return void (await touched(join(place, BOOT)));
    const work = asideOf(place);
    // What an earlier try left when it was killed.
    await rm(work, { recursive: true, force: true });
    await mkdir(join(work, CONTENT), { recursive: true, mode: 0o700 });
    try {
      for (const artifact of release.artifacts) {
        signal.throwIfAborted();
        await unpackArtifacts(await artifacts.get(artifact.digest), join(work, CONTENT));
      }
      await writeFile(join(work, BOOT), boot);
      await rm(place, { recursive: true, force: true });
      await rename(work, place);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return join(place, CONTENT);
}

/** Where it is made before it is there, and where it goes before it is removed: nobody looks at it but under the lock of its place. */
export const asideOf = (place: string): string => `${place}${ASIDE}`;
export const ASIDE = '.new';

/** When it was last used, epoch ms; `undefined` for what is no unpacked release. */
export const usedAt = async (place: string): Promise<number | undefined> =>
  (await stat(join(place, BOOT)).catch(ifGone))?.mtimeMs;

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
