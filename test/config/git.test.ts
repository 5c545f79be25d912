import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { changes, commitOf, repositoryOf } from '../../src/config/index.js';
import { fileAt } from '../../src/config/git.js';
import { factsAt, repository, run } from './repository.js';
import { folder } from './texts.js';

afterEach(() => {
  vi.unstubAllEnvs();
});
describe('facts', () => {
  test('of a tag: its own name, the commit behind it, who wrote it and when', async () => {
    const root = await repository();
    const facts = await factsAt(root, 'v1');
    expect(facts).toMatchObject({
      root,
      version: 'v1',
      tag: 'v1',
      dirty: false,
      author: 'dev@example.invalid',
    });
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
    expect(facts).not.toHaveProperty('tag');
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

test('a signature that git shows beside a commit is not taken for its author', async () => {
  const root = await repository();
  const bin = await folder();
  const fake = join(bin, 'gpg');
  await writeFile(
    fake,
    '#!/bin/sh\ncat >/dev/null\necho "[GNUPG:] SIG_CREATED D 1 8 00 1 F" >&2\nprintf -- "-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n"\n',
  );
  await chmod(fake, 0o755);
  run(root, 'config', 'gpg.program', fake);
  run(root, 'commit', '--quiet', '--allow-empty', '--gpg-sign=key', '--message', 'signed');
  run(root, 'config', 'log.showSignature', 'true');
  expect(run(root, 'show', '--no-patch', '--format=%ae').split('\n').length).toBeGreaterThan(1);
  expect(await factsAt(root, 'HEAD')).toMatchObject({
    author: 'dev@example.invalid',
    committedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:+Z-]+$/) as string,
  });
});

test('an answer of git that has more in it than when and by whom is refused', async () => {
  const root = await repository();
  const bin = await folder();
  const real = run(root, '--exec-path');
  await writeFile(
    join(bin, 'git'),
    `#!/bin/sh\ncase "$*" in *--format=%cI*) echo gpg: hello;; esac\nexec ${real}/git "$@"\n`,
  );
  await chmod(join(bin, 'git'), 0o755);
  vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`);
  await expect(factsAt(root, 'HEAD')).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringMatching(/does not say plainly who wrote commit [0-9a-f]{12}/) as string,
  });
});

describe('a file as it is in a commit', () => {
  const committedAs = async (content: string | Uint8Array): Promise<string> => {
    const root = await repository();
    await writeFile(join(root, 'shipway.yaml'), content);
    run(root, 'add', '--all');
    run(root, 'commit', '--quiet', '--message', 'configuration');
    return root;
  };
  const read = (root: string, file = 'shipway.yaml') => fileAt(root, 'HEAD', join(root, file));

  test.each([
    ['not in UTF-8', Buffer.from('service: caf\xe9\n', 'latin1'), 'this is not UTF-8'],
    ['in UTF-16', Buffer.from('\ufeffservice: x\n', 'utf16le'), 'the file is UTF-16'],
    ['of more than 1 MiB', '#'.repeat(1024 ** 2 + 1), 'the file has more than 1 MiB'],
  ])('%s is the problem that the file itself would be', async (_, content, message) => {
    expect(await read(await committedAs(content))).toMatchObject({ message });
  });

  test('loses its byte order mark, as the file itself does', async () => {
    expect(await read(await committedAs('\ufeffservice: x\n'))).toBe('service: x\n');
  });

  test('is absent only when it is not there: what git cannot read is an error', async () => {
    const root = await committedAs('service: x\n');
    expect(await read(root, 'gone.yaml')).toBeUndefined();
    const blob = run(root, 'rev-parse', 'HEAD:shipway.yaml');
    await rm(join(root, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    await expect(read(root)).rejects.toThrow(blob);
  });
});

test('a file is read as it is in a commit', async () => {
  const root = await repository();
  await writeFile(join(root, 'two.txt'), 'changed\n');
  expect(await fileAt(root, 'v1', join(root, 'two.txt'))).toBe('two\n');
  expect(await fileAt(root, 'side', join(root, 'two.txt'))).toBeUndefined();
  expect(await changes(root)).toBe(' M two.txt');
});
