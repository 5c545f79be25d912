import { chmod, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ageSecrets } from '../../src/adapters/secrets/age.js';
import type { SecretVault } from '../../src/domain/ports.js';
import { seal } from '../../src/sealed.js';
import { secretsContract } from '../contracts/secrets.js';
import { memorySecrets } from '../support/memory-secrets.js';

const never = new AbortController().signal;
const VALUE = 'postgres://app:s3cr3t-and-long@db/shop';
const made = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  const directory = join(folder, 'secrets');
  const open = (identityFile = join(directory, 'identity.txt')): SecretVault =>
    ageSecrets({ directory, identityFile });
  return { folder, directory, open };
};

secretsContract('age', async () => {
  const { folder, open } = await made();
  const vault = open();
  return {
    ...{ vault, other: open() },
    seal: async (path, value) => seal(await vault.recipient(never), { path, value }),
    end: () => rm(folder, { recursive: true }),
  };
});
secretsContract('memory', () => {
  const vault = memorySecrets();
  return Promise.resolve({
    ...{ vault, other: vault },
    seal: (_path: string, value: string) => Promise.resolve(value),
    end: () => Promise.resolve(),
  });
});

describe('age', () => {
  let w: Awaited<ReturnType<typeof made>>;
  beforeEach(async () => {
    w = await made();
  });
  afterEach(() => rm(w.folder, { recursive: true }));
  const set = async (path: string, value = VALUE, vault = w.open()): Promise<number> =>
    vault.keep(path, await seal(await vault.recipient(never), { path, value }), 'ann', never);
  const files = async (): Promise<readonly string[]> =>
    (await readdir(w.directory, { recursive: true, withFileTypes: true }))
      .filter((e) => e.isFile())
      .map((e) => join(e.parentPath, e.name));

  test('nothing on disk has the value, and everything is its owner’s alone', async () => {
    await set('a/b');
    const all = await files();
    expect(all.map((f) => f.slice(w.directory.length + 1)).sort()).toEqual([
      'identity.txt',
      'recipient.txt',
      'values/a+b/1.json',
    ]);
    for (const file of all) {
      const text = await readFile(file, 'latin1');
      for (const form of [VALUE, Buffer.from(VALUE).toString('base64').slice(0, 20)])
        expect(text).not.toContain(form);
      expect((await stat(file)).mode & 0o077).toBe(0);
    }
  });

  test('many who make the key at the same time make one', async () => {
    const recipients = await Promise.all(Array.from({ length: 6 }, () => w.open().recipient(never)));
    expect(new Set(recipients).size).toBe(1);
    await set('a/b');
    expect(await w.open().resolve('a/b', 1, never)).toBe(VALUE);
  });

  test('whoever has no key keeps and lists, and opens nothing', async () => {
    await set('a/b');
    const without = w.open(join(w.folder, 'no-key'));
    expect(await set('a/b', VALUE, without)).toBe(2);
    expect(await without.versions('a/b', never)).toHaveLength(2);
    await expect(without.resolve('a/b', 1, never)).rejects.toMatchObject({
      type: 'secret.unreadable',
      message: expect.stringContaining('there is no key in') as string,
    });
    // The key is not made anew when it is lost: nobody would know then that the old values are.
    expect(await readdir(w.folder)).toEqual(['secrets']);
  });

  test('sealed for another path, for another key, damaged, or a value that none can be: unreadable, and nothing of it said', async () => {
    const vault = w.open();
    await set('a/b');
    await set('c/d');
    const place = (path: string, n: number) => join(w.directory, 'values', path, `${String(n)}.json`);
    await rename(place('c+d', 1), place('a+b', 2));
    await writeFile(place('a+b', 3), '{"at":"2026-01-01T00:00:00Z","by":"x","sealed":"no age at all"}');
    await writeFile(place('a+b', 4), '{"at":"20');
    await set('a/b', 'nul\0character');
    for (const version of [2, 3, 4, 5]) {
      const failed = vault.resolve('a/b', version, never);
      await expect(failed).rejects.toMatchObject({ type: 'secret.unreadable' });
      await expect(failed).rejects.not.toThrow(/s3cr3t|character'/);
    }
    await rm(join(w.directory, 'recipient.txt'));
    await rm(join(w.directory, 'identity.txt'));
    await set('a/b');
    await expect(vault.resolve('a/b', 1, never)).rejects.toMatchObject({ type: 'secret.unreadable' });
    expect(await vault.resolve('a/b', 6, never)).toBe(VALUE);
  });

  test('a folder that is a file is tried again', async () => {
    await writeFile(w.directory, '');
    await chmod(w.directory, 0o600);
    await expect(w.open().recipient(never)).rejects.toMatchObject({ type: 'secrets.unavailable' });
  });
});
