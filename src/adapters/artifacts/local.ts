import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '../../domain/ports.js';
import { DIGEST, type Digest } from '../../domain/release.js';
import { ShipwayError } from '../../errors.js';

/**
 * Content-addressed files in a folder that all workers with credentials share. A file appears under its digest whole or not at all;
 * two that store the same content at once both succeed. What is read is verified while it is read.
 */
export function localArtifacts({ directory }: { readonly directory: string }): ArtifactStore {
  const placeOf = (digest: Digest): string => join(directory, 'sha256', digest.slice(0, 2), checked(digest));
  return {
    put: (content, expected) => put(directory, placeOf, content, expected),
    get: async (digest) => {
      if (!(await exists(placeOf(digest))))
        throw new ShipwayError('artifact.missing', `${digest} is not in the artifact store`);
      return verified(placeOf(digest), digest);
    },
    has: (digest) => exists(placeOf(digest)),
  };
}

async function put(
  directory: string,
  placeOf: (digest: Digest) => string,
  content: AsyncIterable<Uint8Array>,
  expected: Digest | undefined,
): Promise<{ digest: Digest; bytes: number }> {
  const incoming = join(directory, 'incoming');
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  const temporary = join(incoming, randomUUID());
  try {
    const { digest, bytes } = await written(temporary, content);
    if (expected !== undefined && digest !== expected)
      throw new ShipwayError('artifact.mismatch', `the content has digest ${digest}, expected ${expected}`);
    const place = placeOf(digest);
    await mkdir(join(place, '..'), { recursive: true, mode: 0o700 });
    await rename(temporary, place);
    return { digest, bytes };
  } finally {
    await rm(temporary, { force: true });
  }
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
      await file.write(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: hash.digest('hex'), bytes };
}

async function* verified(path: string, digest: Digest): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== digest)
    throw new ShipwayError('artifact.mismatch', `${digest} has been changed in the artifact store`);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

function checked(digest: Digest): Digest {
  if (!DIGEST.test(digest))
    throw new ShipwayError('artifact.missing', `${JSON.stringify(digest)} is no digest`);
  return digest;
}
