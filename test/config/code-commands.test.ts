import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { shipway } from './command.js';
import { run } from './repository.js';
import { folder } from './texts.js';

// Many processes: minutes on a machine that does much else.
vi.setConfig({ testTimeout: 240_000 });

/** As `init --typescript` writes it, with a part in a file of its own. */
async function project(): Promise<string> {
  const root = await folder();
  expect(await shipway(root, ['init', '--typescript'])).toMatchObject({ code: 0 });
  const file = join(root, 'shipway.config.ts');
  const text = await readFile(file, 'utf8');
  await writeFile(
    file,
    text
      .replace("service: 'my-service'", 'service')
      .replace("'shipway';\n", "'shipway';\nimport { service } from './name.js';\n"),
  );
  await writeFile(join(root, 'name.ts'), "console.log('named');\nexport const service = 'shop';\n");
  run(root, 'init', '--quiet', '--initial-branch=main');
  commit(root, 'first');
  return root;
}
function commit(root: string, message: string): void {
  run(root, 'add', '--all');
  run(root, 'commit', '--quiet', '--message', message);
}
const plan = (root: string, ...args: string[]) => shipway(root, ['plan', '--json', ...args]);
const planned = (said: { readonly stdout: string }): unknown =>
  (JSON.parse(said.stdout) as { readonly plan: { readonly service: string } }).plan.service;

describe('shipway.config.ts', () => {
  test('is found, validates beside its policy, and prints where no result goes', async () => {
    const root = await project();
    const { code, stdout, stderr } = await shipway(root, ['validate', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'shipway.config.ts prints: named\n' });
    expect(JSON.parse(stdout)).toEqual({ schema: 1, ok: true, problems: [], notes: [] });
    await rm(join(root, 'name.ts'));
    expect(await shipway(root, ['validate'])).toMatchObject({
      code: 2,
      stderr: 'shipway.config.ts:5:25 "./name.js" is not there; try correcting the import\n',
      stdout: '',
    });
  });

  test('is read from the commit, with all that it imports, and from the tree only when that is asked for', async () => {
    const root = await project();
    run(root, 'tag', 'v1');
    const first = await plan(root, '--release', 'v1');
    expect(planned(first)).toBe('shop');
    await writeFile(join(root, 'name.ts'), "export const service = 'store';\n");
    expect(planned(await plan(root))).toBe('shop');
    expect(planned(await plan(root, '--dirty'))).toBe('store');
    commit(root, 'renamed');
    expect(planned(await plan(root))).toBe('store');
    expect(JSON.parse((await plan(root, '--release', 'v1')).stdout)).toEqual(JSON.parse(first.stdout));
    run(root, 'rm', '--quiet', '--cached', 'name.ts');
    run(root, 'commit', '--quiet', '--message', 'half');
    const { code, stderr } = await plan(root);
    expect(code).toBe(2);
    expect(stderr).toMatch(/"\.\/name\.js" is not there in commit [0-9a-f]{12}; try committing it, or/);
  });

  test('may have been shipway.yaml in an older commit, and never is both in one', async () => {
    const root = await folder();
    await shipway(root, ['init']);
    run(root, 'init', '--quiet', '--initial-branch=main');
    commit(root, 'yaml');
    const yaml = await plan(root, '--release', 'HEAD');
    run(root, 'tag', 'v1');
    const taken = await shipway(root, ['init', '--typescript']);
    expect(taken.stderr).toContain('shipway.yaml is there already');
    await shipway(root, ['init', '--typescript', 'other']);
    run(root, 'mv', 'shipway.yaml', 'other/kept.yaml');
    await writeFile(
      join(root, 'shipway.config.ts'),
      await readFile(join(root, 'other/shipway.config.ts'), 'utf8'),
    );
    commit(root, 'code');
    const old = await plan(root, '--release', 'v1');
    expect(old.stderr).toMatch(/^the configuration in commit [0-9a-f]{12} is shipway\.yaml$/m);
    const [before, then] = [yaml, old].map((p) => JSON.parse(p.stdout) as { plan: { stages: unknown } });
    expect(then?.plan.stages).toEqual(before?.plan.stages);
    await writeFile(join(root, 'shipway.yaml'), 'service: shop\n');
    const both = await shipway(root, ['validate']);
    expect(both).toMatchObject({ code: 2, stdout: '' });
    expect(both.stderr).toBe(
      'shipway: shipway.yaml and shipway.config.ts are both there, and a service has one configuration\nnext: remove shipway.config.ts to go on with shipway.yaml, or remove shipway.yaml\n',
    );
    commit(root, 'both');
    await rm(join(root, 'shipway.yaml'));
    expect((await plan(root)).stderr).toMatch(/are both there in commit [0-9a-f]{12}, and a service has one/);
  });
});
