import { Context } from '@temporalio/activity';

/**
 * Whether nobody wants any more what an interrupted activity was doing. A cancellation says so. A worker that goes away, a pause, or an
 * attempt that was given up for another one do not; and when Temporal has forgotten the attempt, the workflow is asked for.
 */
export async function unwanted(): Promise<boolean> {
  const { cancellationDetails: why } = Context.current();
  if (why === undefined || why.cancelRequested) return true;
  return why.notFound ? !(await runs()) : false;
}

/** In doubt it does: what has been stopped cannot be taken back. */
async function runs(): Promise<boolean> {
  const { client, info } = Context.current();
  const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    return status.name === 'RUNNING';
  } catch {
    return true;
  }
}
