import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localArtifacts } from '../../src/adapters/artifacts/local.js';
import { artifactContract, pieces } from '../contracts/artifacts.js';

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
}

artifactContract('local directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'artifacts-'));
  return {
    store: localArtifacts({ directory }),
    kept: async () => (await filesBelow(directory)).length,
    corrupt: async (digest) => {
      const path = (await filesBelow(directory)).find((f) => f.endsWith(digest)) ?? '';
      await chmod(path, 0o600);
      const file = await open(path, 'r+');
      await file.write('x', 100);
      await file.close();
    },
    age: async (digest, ms) => {
      const path = (await filesBelow(directory)).find((f) => f.endsWith(digest)) ?? '';
      const then = new Date(Date.now() - ms);
      await utimes(path, then, then);
    },
    end: () => rm(directory, { recursive: true, force: true }),
  };
});

test('what a killed process had begun to write is swept after a day, and not before', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'artifacts-'));
  const store = localArtifacts({ directory });
  await store.put(pieces(Buffer.from('first')));
  await writeFile(join(directory, 'incoming', 'old'), 'half');
  await writeFile(join(directory, 'incoming', 'young'), 'half');
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3600 * 1000);
  await utimes(join(directory, 'incoming', 'old'), twoDaysAgo, twoDaysAgo);
  await localArtifacts({ directory }).put(pieces(Buffer.from('second')));
  expect(await readdir(join(directory, 'incoming'))).toEqual(['young']);
  await rm(directory, { recursive: true });
});

test('what one who was killed had on its way out comes back', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'artifacts-'));
  const store = localArtifacts({ directory });
  const { digest } = await store.put(pieces(Buffer.from('first')));
  await mkdir(join(directory, 'going'));
  await rename(join(directory, 'sha256', digest.slice(0, 2), digest), join(directory, 'going', digest));
  expect(await store.has(digest)).toBe(false);
  for await (const found of store.list()) expect(found.digest).toBe(digest);
  expect(await store.has(digest)).toBe(true);
  await rm(directory, { recursive: true });
});
