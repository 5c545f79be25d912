import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { MEMO_VIEW } from '../domain/messages.js';
import type { Verdict } from '../domain/verdict.js';
import type { WatchBeat } from '../domain/watching.js';
import { temporalPackage } from '../temporal-package.js';
import { innermost } from './failure.js';

const temporal = temporalPackage('@temporalio/client');

/** An activity that Temporal has not seen the end of. */
export interface Pending {
  readonly type: string;
  readonly attempt: number;
  /** ISO instant of its last sign of life. */
  readonly lastHeartbeat?: string;
  readonly lastFailure?: string;
  /** It waits to be picked up: no worker has it now. */
  readonly waiting: boolean;
}
/** Who polls a queue, and when last. */
export interface Pollers {
  readonly count: number;
  readonly lastSeen?: string;
}
/** A worker polls again at least once a minute, so one that did not for longer is gone. */
const FRESH_MS = 90_000;
const WORKFLOW_TASKS = 1;
const ACTIVITY_TASKS = 2;
const STARTED = 2;

export const pendingOf = (raw: WorkflowExecutionDescription['raw']): readonly Pending[] =>
  (raw.pendingActivities ?? []).map((a) => ({
    type: a.activityType?.name ?? '',
    attempt: a.attempt ?? 1,
    ...(a.lastHeartbeatTime == null ? {} : { lastHeartbeat: instant(a.lastHeartbeatTime) }),
    ...(a.lastFailure?.message == null ? {} : { lastFailure: a.lastFailure.message }),
    waiting: Number(a.state) !== STARTED,
  }));

/** What the last look of a watch under way said, as its heartbeat has it: the workflow hears of it only when the phase is over. */
export async function lastVerdictOf(
  client: Client,
  raw: WorkflowExecutionDescription['raw'],
): Promise<Verdict | undefined> {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  const watch = raw.pendingActivities?.find((a) => a.activityType?.name === 'watch');
  let payloads = watch?.heartbeatDetails?.payloads ?? [];
  for (const codec of [...payloadCodecs].reverse()) payloads = await codec.decode(payloads);
  const [payload] = payloads;
  return payload === undefined ? undefined : payloadConverter.fromPayload<WatchBeat>(payload).verdict;
}

const instant = (t: { seconds?: unknown }): string => new Date(Number(t.seconds ?? 0) * 1000).toISOString();

/** Who polls `queue` for workflows or for activities. */
export async function pollersOf(
  client: Client,
  namespace: string,
  queue: string,
  tasks: 'workflows' | 'activities',
): Promise<Pollers> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    taskQueueType: tasks === 'workflows' ? WORKFLOW_TASKS : ACTIVITY_TASKS,
  });
  const times = (pollers ?? [])
    .map((p) => Number(p.lastAccessTime?.seconds ?? 0) * 1000)
    .sort((a, b) => b - a);
  const [last] = times;
  const count = times.filter((t) => Date.now() - t < FRESH_MS).length;
  return { count, ...(last === undefined ? {} : { lastSeen: new Date(last).toISOString() }) };
}

/** What Temporal knows of a workflow's end. */
export interface Ending {
  readonly status: string;
  /** Of one that has ended and could not write how. */
  readonly why?: string;
}

/** `view` is what it last wrote of itself. */
export async function endingOf(
  client: Client,
  workflow: string,
  status: string,
  view: { readonly outcome?: unknown } | undefined,
): Promise<Ending> {
  if (status === 'RUNNING' || view?.outcome !== undefined) return { status };
  const why = await whyEnded(client, workflow);
  return { status, ...(why === undefined ? {} : { why }) };
}

/** Why a workflow that has ended did not end well, with the failure's type; `undefined` when it did, or nobody said why. */
async function whyEnded(client: Client, workflow: string): Promise<string | undefined> {
  try {
    await client.workflow.getHandle(workflow, undefined, { followRuns: false }).result();
    return undefined;
  } catch (error) {
    if (!(error instanceof temporal.WorkflowFailedError)) throw error;
    const { message, type } = innermost(error);
    return message === '' ? undefined : `${message}${type === undefined ? '' : ` (${type})`}`;
  }
}

/** What a workflow last wrote of itself, and whether it still runs. */
export async function viewOf<View>(
  client: Client,
  workflow: string,
): Promise<{ readonly view: View | undefined; readonly status: string } | undefined> {
  try {
    const { memo, status } = await client.workflow.getHandle(workflow).describe();
    return { view: memo?.[MEMO_VIEW] as View | undefined, status: status.name };
  } catch (error) {
    if (error instanceof temporal.WorkflowNotFoundError) return undefined;
    throw error;
  }
}
