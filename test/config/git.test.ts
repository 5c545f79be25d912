import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  bundleOf,
  changes,
  commitOf,
  dirtyCommit,
  factsOf,
  fileAt,
  repositoryOf,
  type GitFacts,
} from '../../src/config/index.js';
import { folder } from './texts.js';

afterEach(() => {
  vi.unstubAllEnvs();
});
const run = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.invalid', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

/** main: one, two (tag v1); side: one, three. */
async function repository(): Promise<string> {
  const root = join(await folder(), 'repo');
  await mkdir(root);
  run(root, 'init', '--quiet', '--initial-branch=main');
  for (const [name, branch] of [['one'], ['three', 'side'], ['two', 'main']]) {
    if (branch !== undefined) run(root, 'checkout', '--quiet', ...(branch === 'side' ? ['-b'] : []), branch);
    await writeFile(join(root, `${name ?? ''}.txt`), `${name ?? ''}\n`);
    run(root, 'add', '--all');
    run(root, 'commit', '--quiet', '--message', name ?? '');
  }
  run(root, 'tag', '--annotate', 'v1', '--message', 'v1');
  return root;
}
const factsAt = async (root: string, ref: string, branches: readonly string[] = []): Promise<GitFacts> =>
  factsOf(root, ref, await commitOf(root, ref), branches);

describe('facts', () => {
  test('of a tag: its own name, the commit behind it, who wrote it and when', async () => {
    const root = await repository();
    const facts = await factsAt(root, 'v1');
    expect(facts).toMatchObject({ root, version: 'v1', dirty: false, author: 'dev@example.invalid' });
    expect(facts.commit).toBe(run(root, 'rev-parse', 'v1^{commit}'));
    expect(facts.committedAt).toBe(run(root, 'show', '-s', '--format=%cI', 'v1^{commit}'));
  });

  test.each([
    ['main', ['main']],
    ['side', ['side']],
    ['main~1', ['main', 'side']],
    ['HEAD', ['main']],
  ])('of %s: the branches that hold it', async (ref, branches) => {
    const facts = await factsAt(await repository(), ref, ['main', 'side', 'gone', 'side']);
    expect(facts.branches).toEqual(branches);
    expect(facts.version).toBe(facts.commit.slice(0, 12));
  });

  test('of a detached head, and of a branch that only the origin has', async () => {
    const origin = await repository();
    const root = join(await folder(), 'clone');
    run(origin, 'clone', '--quiet', origin, root);
    run(root, 'checkout', '--quiet', '--detach', 'origin/side');
    expect((await factsAt(root, 'HEAD', ['main', 'side'])).branches).toEqual(['side']);
  });

  test('are not told by a shallow clone, which says how to make it whole', async () => {
    const origin = await repository();
    const root = join(await folder(), 'shallow');
    run(origin, 'clone', '--quiet', '--depth=1', `file://${origin}`, root);
    await expect(factsAt(root, 'HEAD', ['main'])).rejects.toMatchObject({
      message: `${root} is a shallow clone, which lacks what leads to the commit`,
    });
    run(root, 'fetch', '--quiet', '--unshallow');
    expect((await factsAt(root, 'HEAD', ['main'])).branches).toEqual(['main']);
  });

  test('of a tag that is no version are refused', async () => {
    const root = await repository();
    run(root, 'tag', 'a/b');
    await expect(factsAt(root, 'a/b')).rejects.toThrow('the tag "a/b" cannot be a version');
  });

  test('come from the repository that is asked, also inside a hook of another', async () => {
    const [here, there] = [await repository(), await repository()];
    run(here, 'checkout', '--quiet', 'side');
    vi.stubEnv('GIT_DIR', join(there, '.git'));
    vi.stubEnv('GIT_WORK_TREE', there);
    expect(await repositoryOf(join(here, 'shipway.yaml'))).toBe(here);
    expect(await commitOf(here, 'HEAD')).toBe(await commitOf(here, 'side'));
  });
});

describe('what cannot be', () => {
  test('is a commit that is not there, an option, or an expression', async () => {
    const root = await repository();
    for (const ref of ['gone', 'a b', ':/x^{', ''])
      await expect(commitOf(root, ref)).rejects.toThrow('there is no commit');
    for (const ref of ['--all', '-v', 'a\0b'])
      await expect(commitOf(root, ref)).rejects.toThrow('is no name of a commit');
  });

  test('is a repository without a commit, none at all, or no git', async () => {
    const root = await folder();
    await expect(repositoryOf(join(root, 'x'))).rejects.toThrow(`${root} is in no git repository`);
    run(root, 'init', '--quiet');
    await expect(commitOf(root, 'HEAD')).rejects.toThrow(`${root} has no commit yet`);
    vi.stubEnv('PATH', root);
    await expect(repositoryOf(join(root, 'x'))).rejects.toThrow('git is not installed');
  });

  test('is a repository that git does not trust', async () => {
    const bin = await folder();
    await writeFile(
      join(bin, 'git'),
      '#!/bin/sh\necho "fatal: detected dubious ownership in repository at x" >&2\nexit 128\n',
    );
    await chmod(join(bin, 'git'), 0o755);
    vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`);
    await expect(repositoryOf(join(bin, 'x'))).rejects.toThrow(`git does not trust ${bin}`);
  });
});

test('a file is read as it is in a commit', async () => {
  const root = await repository();
  await writeFile(join(root, 'two.txt'), 'changed\n');
  expect(await fileAt(root, 'v1', join(root, 'two.txt'))).toBe('two');
  expect(await fileAt(root, 'side', join(root, 'two.txt'))).toBeUndefined();
  expect(await changes(root)).toBe(' M two.txt');
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

  test('of the same dirty tree is the same commit', async () => {
    const root = await repository();
    await writeFile(join(root, 'two.txt'), 'changed\n');
    const facts = await factsAt(root, 'HEAD');
    const [one, two] = [await dirtyCommit(facts), await dirtyCommit(facts)];
    expect(one.facts).toEqual(two.facts);
    for (const { bundle } of [one, two]) await (await bundle()).remove();
  });
});
