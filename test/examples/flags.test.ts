import { execFile } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startTraffic } from '../../src/cli/demo/traffic.js';
import type { DeploymentView, RunView } from '../../src/domain/view.js';
import { packageRoot } from '../../src/paths.js';
import { shipway } from '../support/command-line.js';
import { exampleLab } from './example-lab.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const FLAGS = join(packageRoot(), 'examples/flags');

test('its own tests pass', async () => {
  const args = ['--test', '--test-reporter=tap', 'test/flags.test.js'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: FLAGS });
  expect(stdout).toMatch(/^# pass 3$/m);
});

test('its configuration is valid', async () => {
  const said = await shipway(['validate', '-f', join(FLAGS, 'shipway.yaml')]);
  expect(said).toMatchObject({ code: 0, stderr: '' });
});

interface Status {
  readonly run: RunView;
  readonly deployment?: DeploymentView;
}
const over = ({ run }: Status): boolean => run.outcome !== undefined;
const watches =
  (phase: string) =>
  ({ deployment }: Status): boolean =>
    deployment?.timeline.some(({ what }) => what.startsWith(`watching ${phase}`)) === true;

/** As text is in a file, exactly once. */
async function rewrite(file: string, ...changes: readonly (readonly [from: string, to: string])[]) {
  let text = await readFile(file, 'utf8');
  for (const [from, to] of changes) {
    expect(text.split(from)).toHaveLength(2);
    text = text.replace(from, to);
  }
  await writeFile(file, text);
}
/** Its packages are where Node looks for them, and with the flag on it answers with errors as soon as a file is there. */
async function prepare(folder: string): Promise<void> {
  await symlink(join(packageRoot(), 'node_modules'), join(folder, 'node_modules'));
  await rewrite(
    join(folder, 'shipway.yaml'),
    ['  - { name: test, script: [npm ci, npm test] }\n', ''],
    [
      'script: [npm ci --omit=dev], artifacts: [package.json, src/, node_modules/]',
      "script: ['true'], artifacts: [package.json, src/]",
    ],
    [
      'strategy: blue_green',
      'strategy: feature_flag\n  feature_flag: { flag: one-page-checkout, steps: [20%, 60%, 100%], step_duration: 10m }',
    ],
    [
      '  bake: 5m\n  min_bake: 5m\n',
      '  bake: 1s\n  min_bake: 1s\n  drain_timeout: 1s\n  monitoring: { interval: 250ms }\n  triggers: { error_rate: { threshold: 5%, window: 10s } }\n',
    ],
  );
  await rewrite(
    join(folder, 'src/server.js'),
    [
      "import { createServer } from 'node:http';",
      "import { existsSync } from 'node:fs';\nimport { createServer } from 'node:http';",
    ],
    [
      'writeHead(200,',
      `writeHead(body.checkout === 'on one page' && existsSync('${folder}/bad') ? 500 : 200,`,
    ],
  );
}

const USERS = Array.from({ length: 200 }, (_, i) => `user-${String(i)}`);
/** What each of them is answered, and by which version. */
const answers = (
  address: string,
): Promise<readonly { status: number; version: string; checkout: string }[]> =>
  Promise.all(
    USERS.map(async (user) => {
      const response = await fetch(address, { headers: { 'x-user-id': user } });
      return {
        status: response.status,
        ...((await response.json()) as { version: string; checkout: string }),
      };
    }),
  );
/** Who has the flag on, when that is the same twice: a change is with all instances within a second. */
async function lit(address: string): Promise<readonly string[]> {
  const now = async () => {
    const all = await answers(address);
    return USERS.filter((_, i) => all[i]?.checkout === 'on one page');
  };
  await new Promise((resolve) => setTimeout(resolve, SEEN_MS));
  const first = await now();
  expect(await now()).toEqual(first);
  return first;
}
const SEEN_MS = 1_000;
/** Within four standard deviations of a share of that many users. */
function expectShare(users: readonly string[], share: number): void {
  const deviation = Math.sqrt((share * (1 - share)) / USERS.length);
  expect(Math.abs(users.length / USERS.length - share)).toBeLessThan(4 * deviation);
}

test('deployed with its flag: users keep what they have while the share grows, and what is bad is off again without a deployment', async () => {
  const lab = await exampleLab<Status>({
    ...{ name: 'flags', environment: 'production', file: 'src/server.js' },
    prepare,
  });
  onTestFinished(() => lab.end());
  expect((await lab.until(await lab.begun('v1'), over)).run.outcome).toBe('shipped');
  expect((await lab.type('doctor')).stdout).toMatch(/^✓ ok {5}flags of host\/\S+ +answers$/m);
  await lab.committed('v2');
  const run = await lab.begun('v2');
  const { deployment } = await lab.until(run, watches('dark'));
  const address = deployment?.address ?? '';
  expect(await lit(address)).toEqual([]);
  expect((await lab.type('promote', run, '--as', 'alice')).code).toBe(3);
  expect((await lab.type('skip', run, '--as', 'alice')).code).toBe(0);

  await lab.until(run, watches('one-page-checkout 20 %'));
  const few = await lit(address);
  expectShare(few, 0.2);
  expect((await lab.type('promote', run, '--to', '60%', '--as', 'alice')).code).toBe(0);
  await lab.until(run, watches('one-page-checkout 60 %'));
  const more = await lit(address);
  expectShare(more, 0.6);
  expect(more).toEqual(expect.arrayContaining([...few]));

  const traffic = startTraffic({ address, paths: ['/'], rate: 40, versionHeader: 'x-version' });
  await writeFile(join(lab.folder, 'bad'), '');
  const ended = await lab.until(run, over);
  expect(ended.run).toMatchObject({ outcome: 'rolled_back' });
  expect(ended.run.reason).toMatch(/one-page-checkout is off again, and v2 stays, dark: /);
  const off = ended.deployment?.timeline.find(({ what }) => what === 'undone: turn one-page-checkout off');
  await new Promise((resolve) => setTimeout(resolve, SEEN_MS));
  const now = await answers(address);
  await traffic.stop();
  const dark = { status: 200, version: expect.stringMatching(/^v2/) as string, checkout: 'in three steps' };
  for (const answer of now) expect(answer).toMatchObject(dark);
  const count = (from: number, to: number) =>
    [...traffic.between(from, to).values()].reduce((n, { failed }) => n + failed, 0);
  const at = off?.at ?? NaN;
  expect([count(0, at) > 0, count(at + SEEN_MS, Infinity)]).toEqual([true, 0]);
});
