import type { Client } from '@temporalio/client';
import { QUEUES } from '../domain/ids.js';
import { triggerId, type Following } from '../domain/trigger.js';

/** Has shown at its commit how a run goes that is tried again. It is one for a run. */
export async function followRun(client: Client, service: string, run: string): Promise<void> {
  const input: Following = { service, follows: run };
  await client.workflow.start('trigger', {
    workflowId: triggerId(service, run),
    taskQueue: QUEUES.control,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    staticSummary: `shows at the commit how run ${run} of ${service} goes`,
  });
}
