import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { shipway } from './command.js';
import { SERVICE, folder } from './texts.js';

// Many processes or many runs: minutes on a machine that does much else.
vi.setConfig({ testTimeout: 240_000 });

const git = (cwd: string, ...args: string[]): void => {
  execFileSync('git', ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.invalid', ...args], {
    cwd,
    stdio: 'pipe',
  });
};
async function project(): Promise<string> {
  const root = await folder();
  await shipway(root, ['init']);
  git(root, 'init', '--quiet', '--initial-branch=main');
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '--message', 'first');
  return root;
}

describe('shipway init', () => {
  test('builds what is on the branch that the repository has', async () => {
    for (const [branch, written] of [
      ['trunk', '[trunk]'],
      ['main', '[main]'],
      ['v1#x', '["v1#x"]'],
      ['v$&', '["v$&"]'],
    ] as const) {
      const root = await folder();
      git(root, 'init', '--quiet', `--initial-branch=${branch}`);
      await shipway(root, ['init']);
      const text = await readFile(join(root, 'shipway.yaml'), 'utf8');
      expect(text).toContain(`    only: ${written}\n`);
      expect(text).toContain(`commits that are on ${branch}.\n`);
      expect(await shipway(root, ['validate'])).toMatchObject({ code: 0 });
      git(root, 'add', '--all');
      git(root, 'commit', '--quiet', '--message', 'first');
      expect(await shipway(root, ['plan', '--environment', 'production'])).toMatchObject({ code: 0 });
    }
  });

  test('writes files that validate, also without git, and nothing over what is there', async () => {
    const root = await folder();
    expect(await shipway(root, ['init', 'new'])).toMatchObject({ code: 0, stderr: '' });
    const here = join(root, 'new');
    const valid = 'shipway.yaml is valid\nshipway.policy.yaml is valid\n';
    expect(await shipway(here, ['validate'])).toMatchObject({ code: 0, stdout: valid, stderr: '' });
    const answer = { schema: 1, ok: true, problems: [], notes: [] };
    expect(JSON.parse((await shipway(here, ['validate', '--json'])).stdout)).toEqual(answer);
    await writeFile(join(here, 'shipway.yaml'), 'mine');
    const again = await shipway(here, ['init']);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('shipway.yaml is there already');
    expect(await readFile(join(here, 'shipway.yaml'), 'utf8')).toBe('mine');
  });
});

describe('shipway validate', () => {
  test('finds the file above, and names it from here', async () => {
    const root = await project();
    const deep = join(root, 'a/b');
    await mkdir(deep, { recursive: true });
    await appendFile(join(root, 'shipway.yaml'), 'x: 1\n');
    await appendFile(join(root, 'shipway.policy.yaml'), 'x: 1\n');
    const { code, stderr } = await shipway(deep, ['validate']);
    expect(code).toBe(2);
    expect(stderr.split('\n').map((line) => line.split(' ')[0])).toEqual([
      '../../shipway.yaml:53:1',
      '../../shipway.policy.yaml:10:1',
      '',
    ]);
  });

  test.each<[string, readonly string[], string]>([
    ['no file', [], 'there is no shipway.yaml or shipway.config.ts here or above'],
    ['a file that is not there', ['-f', 'x.yaml'], 'there is no file x.yaml'],
    ['a folder', ['-f', 'folder'], 'folder is a folder\nnext: name the file in it: -f folder/shipway.yaml'],
    ['a named pipe', ['-f', 'pipe'], 'pipe is not a file that can be read twice'],
    ['a link to itself', ['-f', 'loop'], 'it is a link that leads back to itself'],
  ])('of %s says so', async (_, args, said) => {
    const root = await folder();
    await mkdir(join(root, 'folder'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    execFileSync('ln', ['-s', 'loop', join(root, 'loop')]);
    const { code, stderr } = await shipway(root, ['validate', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('    at ');
  });

  test('notes which environment the policy beside it does not name', async () => {
    const root = await project();
    await appendFile(join(root, 'shipway.yaml'), '  canary-eu: {}\n');
    const { code, stdout, stderr } = await shipway(root, ['validate']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'shipway.yaml is valid\nshipway.policy.yaml is valid\n',
    });
    expect(stderr).toMatch(
      /^note: shipway.yaml:53:3 environments.canary-eu: shipway.policy.yaml does not name it, .*\n$/,
    );
    const { notes } = JSON.parse((await shipway(root, ['validate', '--json'])).stdout) as {
      notes: unknown[];
    };
    expect(notes).toMatchObject([{ file: 'shipway.yaml', line: 53, path: 'environments.canary-eu' }]);
    await writeFile(join(root, 'shipway.policy.yaml'), 'environments: [');
    expect((await shipway(root, ['validate'])).stderr).not.toContain('shipway.yaml:');
  });

  test.each(['org.policy.yaml', 'rules.yaml'])('checks a policy that is named: %s', async (name) => {
    const root = await folder();
    await writeFile(join(root, name), 'environments: { production: { identity: signed } }');
    const { code, stderr } = await shipway(root, ['validate', '-f', name]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${name}:1:41 environments.production.identity: signed statements`);
  });
});

describe('shipway plan', () => {
  test('is the same here, below, by -f, and written with other spaces', async () => {
    const root = await project();
    await mkdir(join(root, 'sub'));
    const plan = async (cwd: string, ...args: string[]): Promise<unknown> =>
      JSON.parse((await shipway(cwd, ['plan', '--environment', 'production', '--json', ...args])).stdout);
    const expected = await plan(root);
    expect(expected).toMatchObject({ schema: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(await plan(join(root, 'sub'))).toEqual(expected);
    expect(await plan('/', '-f', join(root, 'shipway.yaml'))).toEqual(expected);
  });

  test('reads the commit, and the tree only when it is asked to', async () => {
    const root = await project();
    await writeFile(join(root, 'shipway.yaml'), SERVICE.replace('service: shop', 'servce: shop'));
    const clean = await shipway(root, ['plan', '--environment', 'production']);
    expect(clean).toMatchObject({ code: 0 });
    expect(clean.stdout).toContain('my-service');
    expect(clean.stderr).toContain('--dirty ships them');
    const dirty = await shipway(root, ['plan', '--environment', 'production', '--dirty']);
    expect(dirty.code).toBe(2);
    expect(dirty.stderr).toContain(
      'the configuration of the working tree has problems:\nshipway.yaml:1:1 servce',
    );
    git(root, 'commit', '--all', '--quiet', '--message', 'broken');
    const committed = await shipway(root, ['plan', '--environment', 'production']);
    expect(committed.code).toBe(2);
    expect(committed.stderr).toMatch(
      /configuration of commit [0-9a-f]{12} has problems:\nshipway.yaml:1:1 servce/,
    );
    expect(committed.stderr).toContain('correct them and commit');
  });

  test('refuses in a commit what validate refuses in a file', async () => {
    const root = await project();
    const file = join(root, 'shipway.yaml');
    await writeFile(file, Buffer.concat([await readFile(file), Buffer.from('# caf\xe9\n', 'latin1')]));
    git(root, 'commit', '--all', '--quiet', '--message', 'latin');
    for (const args of [['validate'], ['plan', '--environment', 'production']]) {
      const { code, stderr } = await shipway(root, args);
      expect([code, stderr]).toEqual([2, expect.stringContaining('shipway.yaml:53:6 this is not UTF-8')]);
    }
  });

  test('and run of the working tree leave nothing behind, however they end', async () => {
    const [root, TMPDIR] = [await project(), await folder()];
    const env = {
      ...process.env,
      TMPDIR,
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      SHIPWAY_API_URL: 'http://127.0.0.1:9',
    };
    const codes: unknown[] = [];
    for (const [command, environment] of [
      ['plan', 'production'],
      ['plan', 'prodction'],
      ['run', 'production'],
    ] as const) {
      const args = [command, '--environment', environment, '--dirty'];
      codes.push((await shipway(root, args, { env })).code);
      expect(await readdir(TMPDIR)).toEqual([]);
    }
    expect(codes).toEqual([0, 2, 1]);
  });

  test('says what it lacks', async () => {
    const root = await folder();
    await shipway(root, ['init']);
    const said = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await shipway(root, ['plan', ...args]);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await said('--environment', 'production')).toContain('is in no git repository');
    git(root, 'init', '--quiet', '--initial-branch=main');
    expect(await said('--environment', 'production')).toContain('has no commit yet');
    git(root, 'commit', '--allow-empty', '--quiet', '--message', 'nothing');
    expect(await said('--environment', 'production')).toContain('has no shipway.yaml');
    git(root, 'add', '--all');
    git(root, 'commit', '--quiet', '--message', 'first');
    await writeFile(join(root, 'shipway.yaml'), 'service: UPPER\n');
    const bad = await shipway(root, ['plan', '--environment', 'production', '--dirty', '--json']);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      error: {
        exit: 2,
        problems: [
          { file: 'shipway.yaml', line: 1, column: 1, message: 'stages is missing' },
          { message: 'environments is missing' },
          { path: 'service', column: 10 },
        ],
      },
    });
    git(root, 'checkout', '--quiet', '--', 'shipway.yaml');
    expect(await said('--environment', '')).toContain('next: --environment with one of staging, production');
    const starter = await readFile(join(root, 'shipway.yaml'), 'utf8');
    await writeFile(
      join(root, 'shipway.yaml'),
      starter.replace(', environments: [staging, production] }', ' }'),
    );
    expect(await said('--dirty')).toContain(
      '--environment is missing, and the stage deploy names no environments',
    );
    git(root, 'checkout', '--quiet', '--', 'shipway.yaml');
    expect((await shipway(root, ['plan'])).stdout).toContain('my-service');
    expect(await said('--environment', 'prodution')).toContain('next: --environment with production');
    expect(await said('--environment', 'production', '--release', 'v9')).toContain('there is no commit "v9"');
    git(root, 'checkout', '--quiet', '-b', 'side');
    git(root, 'commit', '--allow-empty', '--quiet', '--message', 'side');
    expect(await said('--environment', 'production')).toContain('runs only for commits on main');
  });
});
