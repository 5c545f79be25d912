import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { git } from '../../src/cli/example/git.js';
import { startGuard } from '../../src/dev/guard.js';
import { packageRoot } from '../../src/paths.js';
import { identityOf } from '../../src/processes.js';
import { jsonOf, shipway, startShipway } from '../support/command-line.js';
import type { StatusJson } from '../support/dev-lab.js';
import { removeAll } from '../support/left-behind.js';
import { untilStatus } from '../support/until-status.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** The example as its README has it: in a repository of its own, with the package installed, on `shipway dev --worker`. */
const guard = startGuard();
let folder = '';
let dev: ReturnType<typeof startShipway>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shipway-extend-'));
  guard.folder(folder);
  guard.data(join(folder, '.shipway/postgres'));
  await cp(join(packageRoot(), 'examples/extend'), folder, { recursive: true });
  await mkdir(join(folder, 'node_modules'));
  await symlink(packageRoot(), join(folder, 'node_modules/shipway'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  await writeFile(join(folder, '.gitignore'), 'node_modules\n.shipway/\n');
  await git(folder, ['init', '--quiet', '--template=']);
  await committed('v1');
  dev = startShipway(['dev', '--worker', 'worker.js', '--json'], { cwd: folder });
  guard.process(await identityOf(dev.pid ?? 0));
  await once(dev.stdout, 'data');
});
afterAll(async () => {
  dev.kill('SIGINT');
  await once(dev, 'exit');
  await removeAll(folder);
  guard.release();
});

async function committed(tag: string): Promise<void> {
  const by = { name: 'Shop', email: 'shop@example.invalid', date: '2026-01-05T09:00:00Z' };
  const service = await readFile(join(folder, 'service.js'), 'utf8');
  await writeFile(join(folder, 'service.js'), `${service}// ${tag}\n`);
  await git(folder, ['add', '--all']);
  await git(folder, ['commit', '--quiet', '--message', tag], by);
  await git(folder, ['tag', tag]);
}

async function begun(release: string): Promise<string> {
  const args = ['run', '--environment', 'staging', '--release', release, '--as', 'alice'];
  return String(jsonOf(await shipway([...args, '--detach', '--json'], { cwd: folder }))['run']);
}
const until = (run: string, when: (status: StatusJson) => boolean): Promise<StatusJson> =>
  untilStatus(startShipway(['watch', run, '--json', '--changes'], { cwd: folder }), when);
const over = ({ run }: StatusJson): boolean => run.outcome !== undefined;

test('a stage kind, a strategy and a metric source of one’s own take a service from commit to known good', async () => {
  const first = await until(await begun('v1'), over);
  expect(first.run).toMatchObject({
    outcome: 'shipped',
    stages: [
      {},
      { name: 'size', kind: 'own', state: 'passed', note: 'no file has more than 1000 bytes' },
      {},
    ],
    evidence: [{ kind: 'own', stage: 'size', verdict: 'pass' }],
  });
  await committed('v2');
  const run = await begun('v2');
  const asking = await until(run, ({ deployment }) => deployment?.waitingFor !== undefined);
  expect(asking.deployment).toMatchObject({
    ...{ strategy: 'own:careful', shares: { green: 1_000, blue: 9_000 } },
    waitingFor: {
      question: 'asked',
      title: expect.stringContaining('does support agree to v2 instead of v1?') as string,
    },
  });
  expect((await shipway(['approve', run, '--as', 'bob'], { cwd: folder })).code).toBe(0);
  const { deployment } = await until(run, over);
  expect(deployment).toMatchObject({ outcome: 'shipped', shares: { green: 10_000 } });
  const said = deployment?.timeline.map(({ what }) => what);
  expect(said).toEqual(
    expect.arrayContaining(['watching own:careful 10 % for 1 s', 'watching own:careful 50 % for 1 s']),
  );
  const { stdout } = await shipway(['logs', run, '--stage', 'size'], { cwd: folder });
  expect(stdout).toMatch(/built\.js has \d+ bytes, and may have 1000/);
});
