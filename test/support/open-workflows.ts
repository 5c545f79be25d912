import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';

type Event = temporal.api.history.v1.IHistoryEvent;
const NEWEST = 15;

/** The name of an event's attributes is its type; what it is about is the first name in it. */
function line(event: Event): string {
  const [kind, about] =
    Object.entries(event).find(([k, v]) => k.endsWith('EventAttributes') && v != null) ?? [];
  const named = about as {
    activityType?: { name?: string };
    timerId?: string;
    acceptedRequest?: { input?: { name?: string } };
  };
  const name = named.activityType?.name ?? named.timerId ?? named.acceptedRequest?.input?.name ?? '';
  const at = new Date(Number(event.eventTime?.seconds ?? 0) * 1000).toISOString();
  return `    ${String(event.eventId)} ${at} ${kind?.replace('EventAttributes', '') ?? '?'} ${name}`;
}

/** What each open workflow did last and what it waits for: a test that hung says no more than that it hung. */
export async function openWorkflows(client: Client): Promise<string> {
  const { executions } = await client.workflowService.listOpenWorkflowExecutions({
    namespace: client.options.namespace,
  });
  const told = executions.map(async ({ execution }) => {
    const handle = client.workflow.getHandle(execution?.workflowId ?? '', execution?.runId ?? undefined);
    const { raw } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const pending = (raw.pendingActivities ?? []).map(
      (a) =>
        `    pending ${a.activityType?.name ?? ''} attempt ${String(a.attempt)}: ${a.lastFailure?.message ?? 'no failure'}`,
    );
    const task =
      raw.pendingWorkflowTask == null
        ? []
        : [`    a workflow task is pending, attempt ${String(raw.pendingWorkflowTask.attempt)}`];
    return [`  ${handle.workflowId}`, ...(events ?? []).slice(-NEWEST).map(line), ...pending, ...task].join(
      '\n',
    );
  });
  return (await Promise.all(told)).join('\n');
}
