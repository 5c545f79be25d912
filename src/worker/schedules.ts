import { ScheduleAlreadyRunning, type Client, type ScheduleOptions } from '@temporalio/client';
import type { Logger } from 'pino';
import type { HousekeepingInput } from '../domain/housekeeping.js';
import { HOUSEKEEPING, QUEUES } from '../domain/ids.js';

type Times = Pick<ScheduleOptions['spec'], 'intervals' | 'jitter'>;
const SCHEDULES: readonly (readonly [id: string, spec: Times, input: HousekeepingInput])[] = [
  [HOUSEKEEPING.schedule, { intervals: [{ every: '1d', offset: '3h' }], jitter: '30m' }, {}],
  [HOUSEKEEPING.drift, { intervals: [{ every: '1h' }], jitter: '5m' }, { only: 'drift' }],
  [HOUSEKEEPING.outbox, { intervals: [{ every: '5m' }], jitter: '30s' }, { only: 'outbox' }],
];

/**
 * Makes the schedules be as this version has them; one that somebody has paused stays paused. A worker that may not, or meets a server
 * that cannot, works all the same: that is said in the log, and by `shipway doctor`.
 */
export async function keepSchedules(client: Client, log: Logger): Promise<void> {
  for (const [scheduleId, spec, input] of SCHEDULES) {
    const options: ScheduleOptions = {
      scheduleId,
      spec,
      action: {
        type: 'startWorkflow',
        workflowType: 'housekeeping',
        workflowId: scheduleId,
        taskQueue: QUEUES.control,
        args: [input],
      },
      policies: { overlap: 'SKIP', catchupWindow: '10m' },
    };
    try {
      await madeOrUpdated(client, options);
    } catch (error) {
      log.error(
        { schedule: scheduleId, why: String(error) },
        'the schedule cannot be kept, so housekeeping does not run by itself; `shipway housekeeping` runs it',
      );
    }
  }
}

async function madeOrUpdated(client: Client, options: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(options.scheduleId).update(({ state }) => ({
      ...options,
      action: { ...options.action, workflowId: options.scheduleId },
      state,
    }));
  }
}
