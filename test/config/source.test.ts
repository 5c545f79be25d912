import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { bundleOf, commitOf, dirtyCommit, type SourceBundle } from '../../src/config/index.js';
import { factsAt, repository, run } from './repository.js';
import { folder } from './texts.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What a bundle holds, checked out. */
async function unpacked(path: string): Promise<{ readonly root: string; readonly refs: string }> {
  const root = join(await folder(), 'out');
  run('/', 'clone', '--quiet', '--branch', 'shipway', path, root);
  return { root, refs: run('/', 'bundle', 'list-heads', path) };
}

describe('a source bundle', () => {
  test('is the commit and what leads to it, known by its digest, and gone when it is removed', async () => {
    const root = await repository();
    const commit = await commitOf(root, 'v1');
    const bundle = await bundleOf(root, commit);
    const content = await readFile(bundle.path);
    expect(bundle.bytes).toBe(content.length);
    expect(bundle.digest).toBe(createHash('sha256').update(content).digest('hex'));
    const { root: out, refs } = await unpacked(bundle.path);
    expect(refs).toBe(`${commit} refs/heads/shipway`);
    expect((await readdir(out)).sort()).toEqual(['.git', 'one.txt', 'two.txt']);
    await bundle.remove();
    await expect(readFile(bundle.path)).rejects.toThrow('ENOENT');
  });

  test('comes with a list of the commits that it follows, without those that are shipped', async () => {
    const root = await repository();
    const all = run(root, 'rev-list', 'HEAD').split('\n');
    expect(all.length).toBeGreaterThan(1);
    const listed = async ({ ancestors }: SourceBundle): Promise<readonly string[]> => {
      const text = await readFile(ancestors.path, 'utf8');
      expect(ancestors.digest).toBe(createHash('sha256').update(text).digest('hex'));
      return text.split('\n').filter(Boolean);
    };
    const [head = '', ...older] = all;
    expect(await listed(await bundleOf(root, head))).toEqual(older);
    expect(await listed(await bundleOf(root, all.at(-1) ?? ''))).toEqual([]);
    // The commit under the changes may be shipped after them.
    await writeFile(join(root, 'two.txt'), 'changed\n');
    const dirty = await dirtyCommit(await factsAt(root, 'HEAD'));
    expect(await listed(await dirty.bundle())).toEqual(older);
  });

  test('of a dirty tree has what is changed, new and gone, without what is ignored, and leaves the repository as it was', async () => {
    const root = await repository();
    await writeFile(join(root, '.gitignore'), 'secret.txt\n');
    await writeFile(join(root, 'secret.txt'), 'x');
    await writeFile(join(root, 'two.txt'), 'changed\n');
    await writeFile(join(root, 'staged.txt'), 'staged\n');
    run(root, 'add', 'staged.txt');
    run(root, 'rm', '--quiet', 'one.txt');
    const state = (): string[] => [
      run(root, 'status', '--porcelain'),
      run(root, 'count-objects'),
      run(root, 'for-each-ref'),
    ];
    const before = state();
    const { facts, bundle } = await dirtyCommit(await factsAt(root, 'HEAD', ['main']));
    expect(facts).toMatchObject({ dirty: true, branches: ['main'], author: 'dev@example.invalid' });
    expect(facts.version).toMatch(/^[0-9a-f]{12}\+dirty\.[0-9a-f]{7}$/);
    const made = await bundle();
    const { root: out, refs } = await unpacked(made.path);
    expect(refs).toContain(facts.commit);
    expect((await readdir(out)).sort()).toEqual(['.git', '.gitignore', 'staged.txt', 'two.txt']);
    expect(await readFile(join(out, 'two.txt'), 'utf8')).toBe('changed\n');
    await made.remove();
    expect(state()).toEqual(before);
  });

  /** What the bundle of a dirty tree has in it, as paths. */
  async function shipped(root: string): Promise<{ readonly files: readonly string[]; readonly out: string }> {
    const { bundle, remove } = await dirtyCommit(await factsAt(root, 'HEAD'));
    const { root: out } = await unpacked((await bundle()).path);
    await remove();
    const all = await readdir(out, { recursive: true });
    return { files: all.filter((f) => !/^\.git(\/|$)/.test(f)).sort(), out };
  }

  test.each([
    ['as `shipway dev` leaves it', '*\n'],
    ['also when nothing ignores it', undefined],
  ])('of a dirty tree has nothing of .shipway, %s', async (_, ignore) => {
    const root = await repository();
    for (const state of ['.shipway', 'services/shop/.shipway']) {
      await mkdir(join(root, state, 'postgres'), { recursive: true });
      await writeFile(join(root, state, 'postgres/password'), 'secret');
      if (ignore !== undefined) await writeFile(join(root, state, '.gitignore'), ignore);
    }
    await writeFile(join(root, 'new.txt'), 'new\n');
    expect((await shipped(root)).files).toEqual(['new.txt', 'one.txt', 'two.txt']);
  });

  test('of a dirty tree has nothing that only this repository ignores', async () => {
    const root = await repository();
    await writeFile(join(root, '.git/info/exclude'), '.env\n');
    await writeFile(join(root, '.env'), 'PASSWORD=x\n');
    await writeFile(join(root, 'other.env'), 'x\n');
    await writeFile(join(root, 'ignored'), 'other.env\n');
    run(root, 'config', 'core.excludesFile', join(root, 'ignored'));
    expect((await shipped(root)).files).toEqual(['ignored', 'one.txt', 'two.txt']);
  });

  test('of a dirty tree has files as this repository’s filters leave them', async () => {
    const root = await repository();
    run(root, 'config', 'filter.crypt.clean', 'tr a-z A-Z');
    await writeFile(join(root, '.gitattributes'), 'secret.txt filter=crypt\n');
    await writeFile(join(root, 'secret.txt'), 'secret\n');
    const { out } = await shipped(root);
    expect(await readFile(join(out, 'secret.txt'), 'utf8')).toBe('SECRET\n');
  });

  test('of a dirty tree leaves no trace where git keeps more beside an index, nor runs hooks', async () => {
    const root = join(await folder(), 'a:"b\\c');
    run('/', 'clone', '--quiet', await repository(), root);
    for (const setting of ['core.splitIndex', 'core.untrackedCache', 'feature.manyFiles'])
      run(root, 'config', setting, 'true');
    await writeFile(join(root, '.git/hooks/post-index-change'), '#!/bin/sh\ntouch hook-ran\n', {
      mode: 0o755,
    });
    await writeFile(join(root, 'new.txt'), 'new\n');
    const before = (await readdir(join(root, '.git'), { recursive: true })).sort();
    expect((await shipped(root)).files).toEqual(['new.txt', 'one.txt', 'two.txt']);
    expect((await readdir(join(root, '.git'), { recursive: true })).sort()).toEqual(before);
    expect(await readdir(root)).not.toContain('hook-ran');
  });

  test('that cannot be made leaves nothing behind', async () => {
    const root = await repository();
    const temporary = await folder();
    vi.stubEnv('TMPDIR', temporary);
    const facts = await factsAt(root, 'HEAD');
    run(root, 'config', 'filter.broken.clean', 'false');
    run(root, 'config', 'filter.broken.required', 'true');
    await writeFile(join(root, '.gitattributes'), 'x filter=broken\n');
    await writeFile(join(root, 'x'), 'x\n');
    await expect(dirtyCommit(facts)).rejects.toThrow('broken');
    await expect(bundleOf(root, 'f'.repeat(40))).rejects.toThrow();
    expect(await readdir(temporary)).toEqual([]);
  });

  test('of the same dirty tree is the same commit', async () => {
    const root = await repository();
    await writeFile(join(root, 'two.txt'), 'changed\n');
    const facts = await factsAt(root, 'HEAD');
    const [one, two] = [await dirtyCommit(facts), await dirtyCommit(facts)];
    expect(one.facts).toEqual(two.facts);
    for (const { bundle } of [one, two]) await (await bundle()).remove();
  });
});
