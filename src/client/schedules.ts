import type { Client, ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { QUEUES } from '../domain/ids.js';
import { scheduleId, schedulePrefix, triggerId, type TriggerInput } from '../domain/trigger.js';
import { CommandError } from './failure.js';
import { timesOf } from './schedule-times.js';
import { temporalPackage } from '../temporal-package.js';

const temporal = temporalPackage('@temporalio/client');

export interface ScheduleRef {
  readonly service: string;
  readonly name: string;
}
/** What a schedule starts, and when. */
export interface NewSchedule extends ScheduleRef {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
  /** As IANA names it: `Europe/Berlin`. */
  readonly timezone: string;
  readonly branch: string;
  /** Absent: those that the stage `deploy` leads through. */
  readonly environment?: string;
  /** Whoever makes it. */
  readonly by: string;
}
export interface ScheduleView extends NewSchedule {
  /** Who has paused it and why, while it is paused. */
  readonly paused?: string;
  /** ISO instants. */
  readonly next?: string;
  readonly last?: string;
}
/** Temporal's schedules of runs. All fail with `CommandError`, of kind `not_found` for one that there is not. */
export interface Schedules {
  readonly add: (schedule: NewSchedule) => Promise<void>;
  /** Of one service, or of all; by name. One that is new is listed a moment after. */
  readonly list: (service?: string) => Promise<readonly ScheduleView[]>;
  readonly pause: (ref: ScheduleRef, note: string) => Promise<void>;
  readonly resume: (ref: ScheduleRef, note: string) => Promise<void>;
  readonly remove: (ref: ScheduleRef) => Promise<void>;
  /** Starts a run now, unless one of the schedule is under way. */
  readonly now: (ref: ScheduleRef) => Promise<void>;
}

/** A deployment that is late by more than that is not made up for. */
const CATCH_UP = '1m';

export function schedulesOf(client: Client): Schedules {
  const on = (ref: ScheduleRef, body: (handle: ScheduleHandle) => Promise<unknown>): Promise<void> =>
    found(ref, () => body(client.schedule.getHandle(scheduleId(ref.service, ref.name))));
  return {
    add: (schedule) => add(client, schedule),
    list: (service) => list(client, service),
    pause: (ref, note) => on(ref, (handle) => handle.pause(note)),
    resume: (ref, note) => on(ref, (handle) => handle.unpause(note)),
    remove: (ref) => on(ref, (handle) => handle.delete()),
    now: (ref) => on(ref, (handle) => handle.trigger(temporal.ScheduleOverlapPolicy.SKIP)),
  };
}

async function add(client: Client, schedule: NewSchedule): Promise<void> {
  const { service, name, cron, timezone, branch, environment, by } = schedule;
  const cause = { kind: 'schedule' as const, name, by, branch };
  const input: TriggerInput = {
    service,
    cause: environment === undefined ? cause : { ...cause, environment },
  };
  try {
    await client.schedule.create({
      scheduleId: scheduleId(service, name),
      spec: { cronExpressions: [cron], timezone },
      action: {
        type: 'startWorkflow',
        workflowType: 'trigger',
        workflowId: triggerId(service, name),
        taskQueue: QUEUES.control,
        args: [input],
      },
      policies: { overlap: temporal.ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
    });
  } catch (error) {
    throw refused(error, schedule);
  }
}

/** What Temporal's server says of an expression or a time zone, in words for whoever wrote it. */
function refused(error: unknown, { service, name }: NewSchedule): unknown {
  if (error instanceof temporal.ScheduleAlreadyRunning)
    return new CommandError(
      `${service} has a schedule ${name}`,
      `another name, or first: shipway schedule remove ${name}`,
    );
  // What the SDK makes of the server's INVALID_ARGUMENT.
  if (!(error instanceof TypeError)) return error;
  return new CommandError(
    `Temporal does not take this schedule: ${error.message}`,
    '--cron "0 3 * * 1-5" has minute, hour, day, month and day of the week, and --timezone a name such as Europe/Berlin',
    2,
    error,
  );
}

async function list(client: Client, service: string | undefined): Promise<readonly ScheduleView[]> {
  const views: ScheduleView[] = [];
  for await (const { scheduleId: id } of client.schedule.list()) {
    if (!id.startsWith(service === undefined ? 'schedule/' : schedulePrefix(service))) continue;
    const view = await viewOf(client.schedule.getHandle(id));
    if (view !== undefined) views.push(view);
  }
  return views.toSorted((a, b) => `${a.service}/${a.name}`.localeCompare(`${b.service}/${b.name}`));
}

/**
 * Asked one by one: what a list says of them may be old. Told is when Temporal starts it and what with, and nothing that somebody has
 * written beside that. One that was removed meanwhile, or starts no trigger of ours, is none.
 */
async function viewOf(handle: ScheduleHandle): Promise<ScheduleView | undefined> {
  try {
    const { action, spec, state, info } = await handle.describe();
    const started = startedBy(action);
    if (started === undefined) return undefined;
    const { service, cause } = started;
    const { name, by, branch, environment } = cause;
    const made = {
      ...{ service, name, cron: timesOf(spec), timezone: spec.timezone ?? 'UTC', branch, by },
      ...(environment === undefined ? {} : { environment }),
    };
    const next = info.nextActionTimes[0]?.toISOString();
    const last = info.recentActions.at(-1)?.takenAt.toISOString();
    return {
      ...made,
      ...(state.paused ? { paused: state.note ?? '' } : {}),
      ...(next === undefined || state.paused ? {} : { next }),
      ...(last === undefined ? {} : { last }),
    };
  } catch (error) {
    if (error instanceof temporal.ScheduleNotFoundError) return undefined;
    throw error;
  }
}

interface Scheduled {
  readonly service: string;
  readonly cause: Extract<TriggerInput['cause'], { readonly kind: 'schedule' }>;
}
/** `undefined` where it is no trigger, or of a form that none of ours has. */
function startedBy({ workflowType, args }: ScheduleDescription['action']): Scheduled | undefined {
  const [{ service, cause } = {}] = (args ?? []) as readonly Partial<Scheduled>[];
  if (workflowType !== 'trigger' || typeof service !== 'string' || cause?.kind !== 'schedule')
    return undefined;
  const said: readonly unknown[] = [cause.name, cause.by, cause.branch, cause.environment ?? ''];
  return said.every((one) => typeof one === 'string') ? { service, cause } : undefined;
}

async function found({ service, name }: ScheduleRef, body: () => Promise<unknown>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof temporal.ScheduleNotFoundError)) throw error;
    throw new CommandError(
      `${service} has no schedule ${name}`,
      'see `shipway schedule list`',
      1,
      error,
      'not_found',
    );
  }
}
