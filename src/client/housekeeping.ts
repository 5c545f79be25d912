import type { Client } from '@temporalio/client';
import type { HousekeepingInput, HousekeepingView } from '../domain/housekeeping.js';
import { HOUSEKEEPING, QUEUES } from '../domain/ids.js';
import { MEMO_VIEW } from '../domain/messages.js';
import { temporalPackage } from '../temporal-package.js';

const temporal = temporalPackage('@temporalio/client');

/** What housekeeping is to be done now; one that runs already is joined. */
export async function housekeep(client: Client, input: HousekeepingInput): Promise<HousekeepingView> {
  const workflowId =
    input.only === 'sightings'
      ? HOUSEKEEPING.sightings
      : input.dryRun === true
        ? HOUSEKEEPING.dryRun
        : HOUSEKEEPING.now;
  const handle = await client.workflow.start<(of: HousekeepingInput) => Promise<HousekeepingView>>(
    'housekeeping',
    { workflowId, taskQueue: QUEUES.control, args: [input], workflowIdConflictPolicy: 'USE_EXISTING' },
  );
  return handle.result();
}

export interface LastHousekeeping {
  readonly workflow: string;
  readonly startedAt: string;
  readonly status: string;
  readonly view?: HousekeepingView;
}
const LOOKED_AT = 50;

/** The newest that removed something, or was to. */
export async function lastHousekeeping(client: Client): Promise<LastHousekeeping | undefined> {
  const ids = [HOUSEKEEPING.now, HOUSEKEEPING.schedule].map((id) => `WorkflowId STARTS_WITH '${id}'`);
  let newest: LastHousekeeping | undefined;
  let seen = 0;
  for await (const { workflowId, startTime, status, memo } of client.workflow.list({
    query: `WorkflowType = 'housekeeping' AND (${ids.join(' OR ')})`,
    pageSize: LOOKED_AT,
  })) {
    const view = memo?.[MEMO_VIEW] as HousekeepingView | undefined;
    const startedAt = startTime.toISOString();
    if (newest === undefined || newest.startedAt < startedAt)
      newest = {
        workflow: workflowId,
        startedAt,
        status: status.name,
        ...(view === undefined ? {} : { view }),
      };
    seen += 1;
    if (seen >= LOOKED_AT) break;
  }
  return newest;
}

export interface ScheduleState {
  readonly paused: boolean;
  readonly note?: string;
}

/** `undefined` when there is none of this id. */
export async function scheduleOf(client: Client, id: string): Promise<ScheduleState | undefined> {
  try {
    const { state } = await client.schedule.getHandle(id).describe();
    return state;
  } catch (error) {
    if (error instanceof temporal.ScheduleNotFoundError) return undefined;
    throw error;
  }
}
