import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { freshNamespace, temporalAddress } from '../support/servers.js';

test('a run on a server is kept for the replay, once, with nothing of this machine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'record-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const namespace = await freshNamespace();
  const connection = await Connection.connect({ address: temporalAddress() });
  onTestFinished(() => connection.close());
  const workflowId = 'target/shop/production';
  await new Client({ connection, namespace, identity: 'of this machine' }).workflow.start('target', {
    ...{ workflowId, taskQueue: 'nobody', args: [{ at: packageRoot() }] },
  });
  const env = {
    ...{ PATH: process.env['PATH'], TEMPORAL_ADDRESS: temporalAddress(), TEMPORAL_NAMESPACE: namespace },
    SHIPWAY_API_URL: 'http://127.0.0.1:1',
  };
  const record = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(packageRoot(), 'scripts/record.js'), ...args], {
      ...{ env, cwd: packageRoot() },
    });
  const { stdout } = await record(workflowId, folder);
  const file = join(folder, 'target-shop-production.json');
  expect(stdout).toBe(`${file}\n`);
  const text = await readFile(file, 'utf8');
  expect(text).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_STARTED');
  expect(text).not.toContain('of this machine');
  await expect(record(workflowId, folder)).rejects.toMatchObject({ code: 1 });
  await expect(record('target/shop/nowhere', folder)).rejects.toMatchObject({ code: 1 });
  await expect(record('nonsense')).rejects.toMatchObject({ code: 2 });
});
