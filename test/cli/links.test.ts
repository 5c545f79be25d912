import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { jsonOf, shipway } from '../support/command-line.js';

const broken = (name: string, to: string): string =>
  `${name} is a link to ${to}, and no file is there\nnext: put the file there, or remove the link\n`;

/** A repository with a shipway.yaml, and a folder in it that has none. */
async function nested(): Promise<{ readonly above: string; readonly cwd: string }> {
  const above = await realpath(await mkdtemp(join(tmpdir(), 'shipway-links-')));
  onTestFinished(() => rm(above, { recursive: true, force: true }));
  expect(await shipway(['init'], { cwd: above })).toMatchObject({ code: 0 });
  const cwd = join(above, 'sub');
  await mkdir(cwd);
  return { above, cwd };
}

describe('a link that leads to no file is said to be that, and nothing takes its place', () => {
  test.each([
    ['gone.yaml', ['validate']],
    ['/nowhere/gone.yaml', ['validate', '-f', 'shipway.yaml']],
    ['shipway.yaml', ['validate']],
    ['.', ['validate']],
    ['gone.yaml', ['plan', '--environment', 'production']],
    ['gone.yaml', ['dev']],
    ['gone.yaml', ['init']],
  ])('shipway.yaml → %s: %j', async (to, args) => {
    const { cwd } = await nested();
    await symlink(to, join(cwd, 'shipway.yaml'));
    const { code, stderr } = await shipway(args, { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(broken('shipway.yaml', to))]);
    expect(await readdir(cwd)).toEqual(['shipway.yaml']);
  });

  test('shipway.policy.yaml', async () => {
    const { above, cwd } = await nested();
    await rm(join(above, 'shipway.policy.yaml'));
    for (const folder of [above, cwd]) await symlink('gone.yaml', join(folder, 'shipway.policy.yaml'));
    for (const [folder, command] of [
      [above, 'validate'],
      [above, 'dev'],
      [cwd, 'init'],
    ] as const) {
      const before = await readdir(folder);
      const { code, stderr } = await shipway([command], { cwd: folder });
      const said = broken('shipway.policy.yaml', 'gone.yaml');
      expect([command, code, stderr]).toEqual([command, 2, expect.stringContaining(said)]);
      expect(await readdir(folder)).toEqual(before);
    }
  });

  test('a link to a file is as good as the file', async () => {
    const { above, cwd } = await nested();
    for (const name of ['shipway.yaml', 'shipway.policy.yaml']) await symlink(`../${name}`, join(cwd, name));
    expect(await shipway(['validate'], { cwd })).toMatchObject({ code: 0 });
    expect((await shipway(['init'], { cwd })).stderr).toContain('shipway.yaml is there already');
    expect(await readFile(join(above, 'shipway.yaml'), 'utf8')).toContain('service: my-service');
  });
});

test('a link to nothing is in the way of no command that can do without the file', async () => {
  const { cwd } = await nested();
  await symlink('gone.yaml', join(cwd, 'shipway.yaml'));
  const { stderr } = await shipway(['rollback', '--environment', 'production', '--reason', 'x'], { cwd });
  expect(stderr).not.toContain('link');
});

test('init leaves nothing half made', async () => {
  const { cwd } = await nested();
  await symlink('nothing', join(cwd, 'link'));
  expect((await shipway(['init', 'link'], { cwd })).stderr).toContain(
    'link cannot be used: it, or what it is in, is a link',
  );
  const bin = join(packageRoot(), 'bin/shipway.js');
  // A disk that is full in the middle of the first file; its limit ends no process that does not mind.
  const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" "$@"`;
  for (const folder of ['.', 'new/deep']) {
    const { status, stderr } = spawnSync('sh', ['-c', limited, process.execPath, bin, 'init', folder], {
      cwd,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining('files may not be that large')]);
    expect(await readdir(cwd)).toEqual(['link']);
  }
});

test('a shipway.yml is known to be meant', async () => {
  const { above, cwd } = await nested();
  const other = join(above, 'shipway.yml');
  await writeFile(other, await readFile(join(above, 'shipway.yaml')));
  await rm(join(above, 'shipway.yaml'));
  const said = await shipway(['validate', '--json'], { cwd });
  const error = {
    message: 'there is no shipway.yaml or shipway.config.ts here or above, but ../shipway.yml',
    next: 'name it shipway.yaml, or say: -f ../shipway.yml',
    exit: 2,
  };
  expect([said.code, jsonOf(said)]).toEqual([2, { schema: 1, error }]);
  expect(await shipway(['validate', '-f', '../shipway.yml'], { cwd })).toMatchObject({ code: 0 });
});
