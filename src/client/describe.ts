import type { Client, WorkflowExecutionDescription } from '@temporalio/client';

/** An activity that Temporal has not seen the end of. */
export interface Pending {
  readonly type: string;
  readonly attempt: number;
  readonly lastFailure?: string;
}
/** Who polls a queue, and when last. */
export interface Pollers {
  readonly count: number;
  readonly lastSeen?: string;
}
const FRESH_MS = 90_000;

export function pendingOf(raw: WorkflowExecutionDescription['raw']): readonly Pending[] {
  return (raw.pendingActivities ?? []).map((a) => ({
    type: a.activityType?.name ?? '',
    attempt: a.attempt ?? 1,
    ...(a.lastFailure?.message == null ? {} : { lastFailure: a.lastFailure.message }),
  }));
}

/** A worker polls again at least once a minute, so one that did not for longer is gone. */
export async function pollersOf(client: Client, namespace: string, queue: string): Promise<Pollers> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    taskQueueType: 1,
  });
  const times = (pollers ?? [])
    .map((p) => Number(p.lastAccessTime?.seconds ?? 0) * 1000)
    .sort((a, b) => b - a);
  const [last] = times;
  const count = times.filter((t) => Date.now() - t < FRESH_MS).length;
  return { count, ...(last === undefined ? {} : { lastSeen: new Date(last).toISOString() }) };
}
