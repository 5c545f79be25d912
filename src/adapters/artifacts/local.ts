import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactStore } from '../../domain/ports.js';
import { DIGEST, type Digest } from '../../domain/release.js';
import { ShipwayError } from '../../errors.js';
import { orDiskFull } from '../../disk-full.js';
import { exists } from '../../folders.js';
import { sha256 } from '../../hash.js';
import { ifGone } from '../../if-gone.js';
import { gathered } from './gathered.js';
import { touched } from '../../touched.js';
import { removed, stored } from './local-old.js';

/**
 * Content-addressed files in a folder that all workers with credentials share. A file appears under its digest whole or not at all;
 * two that store the same content at once both succeed. What is read is verified while it is read.
 */
export function localArtifacts({ directory }: { readonly directory: string }): ArtifactStore {
  const placeOf = (digest: Digest): string => join(directory, 'sha256', digest.slice(0, 2), checked(digest));
  let ready: Promise<string> | undefined;
  return {
    put: async (content, expected) => {
      ready ??= incomingOf(directory).catch((error: unknown) => {
        ready = undefined;
        throw error;
      });
      try {
        return await put(await ready, placeOf, content, expected);
      } catch (error) {
        throw orDiskFull(error, `of the artifact store in ${directory}`);
      }
    },
    get: async (digest) => {
      if (!(await exists(placeOf(digest)))) throw missing(digest);
      return verified(placeOf(digest), digest);
    },
    has: (digest) => touched(placeOf(digest)),
    list: (after) => stored(directory, after),
    remove: (digest, before) => removed(directory, placeOf(digest), before),
  };
}

async function put(
  incoming: string,
  placeOf: (digest: Digest) => string,
  content: AsyncIterable<Uint8Array>,
  expected: Digest | undefined,
): Promise<{ digest: Digest; bytes: number }> {
  const temporary = join(incoming, randomUUID());
  try {
    const { small, all } = await gathered(content);
    if (small !== undefined) {
      const known = { digest: sha256(small), bytes: small.length };
      if ((expected ?? known.digest) === known.digest && (await holds(placeOf(known.digest), small)))
        return known;
    }
    const { digest, bytes } = await written(temporary, all);
    if (expected !== undefined && digest !== expected)
      throw new ShipwayError('artifact.mismatch', `the content has digest ${digest}, expected ${expected}`);
    await moved(temporary, placeOf(digest));
    return { digest, bytes };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Whether it is there already, whole and for good: what stages say is often the same, and to write it costs two waits for the disk. */
async function holds(path: string, content: Buffer): Promise<boolean> {
  const there = await readFile(path).catch(ifGone);
  if (there?.equals(content) !== true || !(await touched(path))) return false;
  await syncFolder(dirname(path));
  return true;
}

async function moved(from: string, to: string): Promise<void> {
  const folder = dirname(to);
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rename(from, to);
  });
  await syncFolder(folder);
}

async function written(
  path: string,
  content: AsyncIterable<Uint8Array>,
): Promise<{ digest: Digest; bytes: number }> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      // Writes all of it, from where the last piece ended; `write` may write less.
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: hash.digest('hex'), bytes };
}

async function* verified(path: string, digest: Digest): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  const file = await opened(path, digest);
  for await (const chunk of file.createReadStream() as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== digest)
    throw new ShipwayError('artifact.mismatch', `${digest} has been changed in the artifact store`);
}

async function opened(path: string, digest: Digest): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing(digest);
    throw error;
  }
}

/** Where content is written before its digest is known; looked through once, at the first use. */
async function incomingOf(directory: string): Promise<string> {
  const incoming = join(directory, 'incoming');
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  await sweep(incoming);
  return incoming;
}

const ABANDONED_MS = 24 * 3600 * 1_000;

/** What a process that was killed had begun to write. One that still writes has touched its file a moment ago. */
async function sweep(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const file = await stat(join(incoming, name)).catch(ifGone);
    if (file !== undefined && Date.now() - file.mtimeMs > ABANDONED_MS)
      await rm(join(incoming, name), { force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const missing = (digest: Digest): ShipwayError =>
  new ShipwayError('artifact.missing', `${digest} is not in the artifact store`);

function checked(digest: Digest): Digest {
  if (!DIGEST.test(digest))
    throw new ShipwayError('artifact.missing', `${JSON.stringify(digest)} is no digest`);
  return digest;
}
