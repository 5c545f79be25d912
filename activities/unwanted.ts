import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { JobOwner } from '../src/stage/job-files.js';

/**
 * Whether nobody wants any more what an interrupted activity was doing. A cancellation says so. A worker that goes away, a pause, or an
 * attempt that was given up for another one do not; and when Temporal has forgotten the attempt, the workflow is asked for.
 */
export async function unwanted(): Promise<boolean> {
  const { cancellationDetails: why } = Context.current();
  if (why === undefined || why.cancelRequested) return true;
  return why.notFound ? !(await goesOn(Context.current().client, ownerOfActivity())) : false;
}

/** The execution that this activity belongs to. */
export function ownerOfActivity(): JobOwner {
  const { workflowId = '', runId = '' } = Context.current().info.workflowExecution ?? {};
  return { workflowId, runId };
}

/** In doubt it does, also when Temporal does not know it: what has been stopped cannot be taken back. */
export async function goesOn(client: Client, { workflowId, runId }: JobOwner): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    return status.name === 'RUNNING';
  } catch {
    return true;
  }
}
