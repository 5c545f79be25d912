import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import type { StatusJson } from '../support/dev-lab.js';
import { exampleLab, type ExampleLab } from './example-lab.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** With the package installed, on `shipway dev --worker`. */
let lab: ExampleLab<StatusJson>;
beforeAll(async () => {
  lab = await exampleLab({
    ...{ name: 'extend', environment: 'staging', file: 'service.js', dev: ['--worker', 'worker.js'] },
    prepare: async (folder) => {
      await mkdir(join(folder, 'node_modules'));
      await symlink(packageRoot(), join(folder, 'node_modules/shipway'));
      await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    },
  });
});
afterAll(() => lab.end());

const over = ({ run }: StatusJson): boolean => run.outcome !== undefined;

test('a stage kind, a strategy and a metric source of one’s own take a service from commit to known good', async () => {
  const first = await lab.until(await lab.begun('v1'), over);
  expect(first.run).toMatchObject({
    outcome: 'shipped',
    stages: [
      {},
      { name: 'size', kind: 'own', state: 'passed', note: 'no file has more than 1000 bytes' },
      {},
    ],
    evidence: [{ kind: 'own', stage: 'size', verdict: 'pass' }],
  });
  await lab.committed('v2');
  const run = await lab.begun('v2');
  const asking = await lab.until(run, ({ deployment }) => deployment?.waitingFor !== undefined);
  expect(asking.deployment).toMatchObject({
    ...{ strategy: 'own:careful', shares: { green: 1_000, blue: 9_000 } },
    waitingFor: {
      question: 'asked',
      title: expect.stringContaining('does support agree to v2 instead of v1?') as string,
    },
  });
  expect((await lab.type('approve', run, '--as', 'bob')).code).toBe(0);
  const { deployment } = await lab.until(run, over);
  expect(deployment).toMatchObject({ outcome: 'shipped', shares: { green: 10_000 } });
  const said = deployment?.timeline.map(({ what }) => what);
  expect(said).toEqual(
    expect.arrayContaining(['watching own:careful 10 % for 1s', 'watching own:careful 50 % for 1s']),
  );
  const { stdout } = await lab.type('logs', run, '--stage', 'size');
  expect(stdout).toMatch(/built\.js has \d+ bytes, and may have 1000/);
});
