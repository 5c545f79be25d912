import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '../../domain/ports.js';
import type { Release } from '../../domain/release.js';
import { unpackArtifacts } from '../artifacts/tar.js';

/** The folder of an unpacked release: made once for its digest, whole or not at all, and shared by its instances. */
export async function unpackRelease(
  stateDir: string,
  artifacts: ArtifactStore,
  release: Release,
): Promise<string> {
  const place = join(stateDir, 'releases', release.service, release.digest);
  if (await exists(place)) return place;
  const work = `${place}.${String(process.pid)}.${String(Date.now())}`;
  await mkdir(work, { recursive: true, mode: 0o700 });
  try {
    for (const artifact of release.artifacts)
      await unpackArtifacts(await artifacts.get(artifact.digest), work);
    await rename(work, place);
  } catch (error) {
    // Another attempt was quicker: what it made is the same.
    if (!(await exists(place))) throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return place;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
