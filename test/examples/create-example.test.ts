import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createExample } from '../../src/cli/example/create-example.js';
import { listExamples, readExample } from '../../src/cli/example/manifest.js';
import { parseService } from '../../src/config/index.js';
import { UsageError } from '../../src/errors.js';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'shipway-example-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});
const gitIn = (directory: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd: directory, encoding: 'utf8' }).trim();
const missing = (path: string): Promise<boolean> =>
  stat(path).then(
    () => false,
    () => true,
  );
const refusal = async (making: Promise<unknown>): Promise<UsageError> => {
  const error: unknown = await making.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UsageError);
  return error as UsageError;
};

describe('the repository of an example', () => {
  test('has a commit and a tag for each release, on main, with nothing left over', async () => {
    const { manifest } = await readExample('storefront');
    const made = await createExample({ name: 'storefront', directory: join(home, 'a/shop') });
    const tags = manifest.releases.map(({ tag }) => tag);
    expect(made).toEqual({ directory: join(home, 'a/shop'), tags });
    expect(gitIn(made.directory, 'status', '--porcelain', '--branch')).toBe('## main');
    expect(gitIn(made.directory, 'log', '--reverse', '--format=%s|%an <%ae>|%cn <%ce>').split('\n')).toEqual(
      manifest.releases.map(({ message }) =>
        [message, ...Array<string>(2).fill('Storefront <storefront@example.invalid>')].join('|'),
      ),
    );
    expect(gitIn(made.directory, 'tag', '--list', '--sort=creatordate').split('\n')).toEqual(tags);
    expect(gitIn(made.directory, 'rev-parse', tags.at(-1)!)).toBe(gitIn(made.directory, 'rev-parse', 'main'));
  });

  test('holds the service, not the manifest nor the overlays', async () => {
    const { directory } = await createExample({ name: 'storefront', directory: join(home, 'shop') });
    expect(gitIn(directory, 'ls-tree', '--name-only', 'v1').split('\n')).toEqual([
      '.gitignore',
      'README.md',
      'package.json',
      'scripts',
      'shipway.policy.yaml',
      'shipway.yaml',
      'src',
      'test',
    ]);
    expect(await readFile(join(directory, '.gitignore'), 'utf8')).toContain('dist/');
    const versions = ['v1', 'v2', 'v3'].map(
      (tag) => (JSON.parse(gitIn(directory, 'show', `${tag}:package.json`)) as { version: string }).version,
    );
    expect(versions).toEqual(['1.0.0', '2.0.0', '3.0.0']);
  });

  test('has the same commits whoever makes it, and leaves their git alone', async () => {
    const plain = await createExample({ name: 'storefront', directory: join(home, 'plain') });
    const person = join(home, 'person');
    const hooks = join(person, 'hooks');
    await mkdir(hooks, { recursive: true });
    await writeFile(join(hooks, 'pre-commit'), '#!/bin/sh\nexit 1\n');
    await chmod(join(hooks, 'pre-commit'), 0o755);
    const config = `[user]\nname = Somebody\n[commit]\ngpgsign = true\n[core]\nhooksPath = ${hooks}\nautocrlf = true\nexcludesFile = ${person}/ignore\n[init]\ndefaultBranch = trunk\n`;
    await writeFile(join(person, '.gitconfig'), config);
    await writeFile(join(person, 'ignore'), '*.yaml\n');
    vi.stubEnv('HOME', person);
    vi.stubEnv('XDG_CONFIG_HOME', person);
    vi.stubEnv('GIT_DIR', join(home, 'elsewhere.git'));
    vi.stubEnv('GIT_INDEX_FILE', join(home, 'elsewhere.index'));
    const theirs = await createExample({ name: 'storefront', directory: join(home, 'theirs') });
    vi.unstubAllEnvs();
    expect(gitIn(theirs.directory, 'rev-parse', 'main')).toBe(gitIn(plain.directory, 'rev-parse', 'main'));
    expect(await readFile(join(person, '.gitconfig'), 'utf8')).toBe(config);
    expect(gitIn(theirs.directory, 'config', '--local', '--list')).not.toMatch(/user\.|gpgsign|hookspath/i);
    expect((await readdir(home)).sort()).toEqual(['person', 'plain', 'theirs']);
  });

  test.each([
    ['haproxy', /^ {2}router: haproxy$/m],
    ['haproxy+nginx', /^ {2}router:\s+(?:\[ haproxy, nginx \]|- haproxy\s+- nginx)$/m],
  ])('is served by %s from its first commit on, and its comments stay', async (router, written) => {
    const { directory } = await createExample({
      ...{ name: 'storefront', router },
      directory: join(home, 'shop'),
    });
    for (const tag of ['v1', 'v3']) {
      const file = gitIn(directory, 'show', `${tag}:shipway.yaml`);
      expect(file).toMatch(written);
      expect(file).toMatch(/^ {2}metrics: prometheus$/m);
      expect(file).toContain('# What shares the traffic out.');
    }
    const file = join(directory, 'shipway.yaml');
    expect(parseService(file, await readFile(file, 'utf8'))).toMatchObject({
      ok: true,
      value: { environments: { production: { router } } },
    });
  });

  test('can be made in an empty directory', async () => {
    const made = await createExample({ name: 'storefront', directory: home });
    expect(await readdir(made.directory)).toContain('shipway.yaml');
  });
});

describe('an example is refused', () => {
  test('by a router that it has no configuration for, with those that it has', async () => {
    const error = await refusal(
      createExample({ name: 'storefront', directory: join(home, 'shop'), router: 'envoy' }),
    );
    expect(error.message).toContain('"envoy"');
    expect(error.next).toContain('haproxy');
    expect(await readdir(home)).toEqual([]);
  });

  test('by an unknown name, with the known ones', async () => {
    for (const name of ['storefrnt', '..', '', 'storefront/src', 'constructor']) {
      const error = await refusal(createExample({ name, directory: join(home, 'shop') }));
      expect(error.message).toBe(`there is no example named ${JSON.stringify(name)}`);
      expect(error.next).toBe(`use one of: ${(await listExamples()).join(', ')}`);
    }
    expect(await missing(join(home, 'shop'))).toBe(true);
  });

  test('by a directory that holds something, which stays as it is', async () => {
    await writeFile(join(home, '.mine'), 'mine');
    const error = await refusal(createExample({ name: 'storefront', directory: home }));
    expect(error.message).toContain(`${home} is not empty`);
    expect(error.next).toContain(join(home, 'storefront'));
    expect(await readdir(home)).toEqual(['.mine']);
  });

  test('by a path that is a file', async () => {
    const file = join(home, 'file');
    await writeFile(file, 'mine');
    for (const directory of [file, join(file, 'below')]) {
      const error = await refusal(createExample({ name: 'storefront', directory }));
      expect(error.message).toContain(`${directory} cannot be used`);
    }
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  test('without git, and nothing is left behind', async () => {
    vi.stubEnv('PATH', join(home, 'nothing'));
    const error = await refusal(createExample({ name: 'storefront', directory: join(home, 'a/b/shop') }));
    expect(error.message).toContain('git was not found');
    expect(error.next).toContain('install git');
    expect(await readdir(home)).toEqual([]);
  });

  test('when git fails half-way, and an empty directory is empty again', async () => {
    const bin = join(home, 'bin');
    const shop = join(home, 'shop');
    await Promise.all([mkdir(bin), mkdir(shop)]);
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    await writeFile(
      join(bin, 'git'),
      `#!/bin/sh\nfor a in "$@"; do if [ "$a" = tag ]; then echo no tags today >&2; exit 1; fi; done\nexec ${real} "$@"\n`,
    );
    await chmod(join(bin, 'git'), 0o755);
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
    await expect(createExample({ name: 'storefront', directory: shop })).rejects.toThrow('no tags today');
    expect(await readdir(shop)).toEqual([]);
  });
});
