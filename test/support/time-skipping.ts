import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkflowNotFoundError } from '@temporalio/client';
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
  }).finally(() => {
    for (const name of ['NOTED_PID', 'NOTED_PROGRAM']) Reflect.deleteProperty(process.env, name);
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

let shared: Promise<TestWorkflowEnvironment> | undefined;

/**
 * The one that files of this process share, one after the other, because a Java that has just started is slow for as long as most of them
 * run. Its time is the real one for all of them: whoever skips some needs one to itself. To tear it down ends what is open on it.
 */
export async function sharedServer(): Promise<TestWorkflowEnvironment> {
  const env = await (shared ??= timeSkippingServer().catch((error: unknown) => {
    // The next file tries anew.
    shared = undefined;
    throw error;
  }));
  return Object.assign(Object.create(env) as TestWorkflowEnvironment, {
    teardown: () => endAll(env),
    sleep: () => Promise.reject(new Error('others have this server, too: ask for one to skip time on')),
  });
}

async function endAll({ client }: TestWorkflowEnvironment): Promise<void> {
  const { namespace } = client.options;
  const { executions } = await client.workflowService.listOpenWorkflowExecutions({ namespace });
  for (const { execution } of executions)
    await client.workflow
      .getHandle(execution?.workflowId ?? '', execution?.runId ?? '')
      .terminate()
      .catch(ifEnded);
}

/** It may have come to its end since it was listed. */
function ifEnded(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
