import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { beating } from './beating.js';

type Workflows = Pick<Client, 'workflow'>;

/** How a workflow stands; `undefined`: Temporal has none of that name. */
async function seen(client: Workflows, id: string): Promise<WorkflowExecutionDescription | undefined> {
  return client.workflow
    .getHandle(id)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
}

export const isRunning = async (client: Workflows, id: string): Promise<boolean> =>
  (await seen(client, id))?.status.name === 'RUNNING';

const ASK_MS = 500;

/** Waits until a workflow has ended in any way, and says how it stands then; `undefined`: Temporal has none of that name (any more). */
export const untilEnded = (
  client: Workflows,
  id: string,
): Promise<WorkflowExecutionDescription | undefined> =>
  beating(async (signal) => {
    for (;;) {
      signal.throwIfAborted();
      const found = await seen(client, id);
      if (found?.status.name !== 'RUNNING') return found;
      await Context.current().sleep(ASK_MS);
    }
  });
