import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { startGuard } from '../../src/dev/guard.js';
import { identityOf } from '../../src/processes.js';
import { addSearchAttributes } from '../../src/worker/search-attributes.js';
import { timeSkippingServerPath } from './servers.js';

const NOTED = fileURLToPath(new URL('./fixtures/noted-server.sh', import.meta.url));

/** A time-skipping server that ends with this process, also when that is killed: the SDK starts it, and ends it only when it is asked to. */
export async function timeSkippingServer(): Promise<TestWorkflowEnvironment> {
  const guard = startGuard();
  const folder = await mkdtemp(join(tmpdir(), 'shipway-time-'));
  guard.folder(folder);
  process.env['NOTED_PID'] = join(folder, 'pid');
  process.env['NOTED_PROGRAM'] = timeSkippingServerPath();
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: NOTED } },
  });
  guard.process(await identityOf(Number(await readFile(join(folder, 'pid'), 'utf8'))));
  await addSearchAttributes(env.connection, env.namespace ?? 'default');
  const teardown = env.teardown.bind(env);
  return Object.assign(env, {
    teardown: async () => {
      await teardown();
      guard.release();
      await rm(folder, { recursive: true, force: true });
    },
  });
}
