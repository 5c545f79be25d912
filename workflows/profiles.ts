import {
  ActivityFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import { QUEUES, effectQueues } from '../src/domain/ids.js';
import type { Activities } from '../activities/index.js';
import { SUMMARIES, summarised } from './summaries.js';

/**
 * The only place with timeouts. Every profile waits until a cancelled activity has really stopped:
 * two steps of one deployment never overlap.
 */
const WAIT = { cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const;
const EAGER = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' } as const;

/** Store and decisions: short, retried until PostgreSQL answers, also on the way back: no person can do better. */
export const control = summarised({
  ...WAIT,
  taskQueue: QUEUES.control,
  startToCloseTimeout: '15s',
  retry: EAGER,
});

/** A short record, once, beside the workflow itself: that spares a round through a queue. */
const beside = proxyLocalActivities<Activities>({ startToCloseTimeout: '2s', retry: { maximumAttempts: 1 } });

/** The same on the way that is tried until PostgreSQL answers, when the short way did not end well. */
async function besideOrSurely<T>(short: () => Promise<T>, surely: () => Promise<T>): Promise<T> {
  try {
    return await short();
  } catch (error) {
    const final = error instanceof ActivityFailure && error.retryState === 'NON_RETRYABLE_FAILURE';
    if (final || isCancellation(error)) throw error;
    return surely();
  }
}

/** Records of a run's begin and end. */
export const admitRun: Activities['admitRun'] = (input) =>
  besideOrSurely(
    () => beside.admitRun.executeWithOptions({ summary: SUMMARIES.admitRun }, [input]),
    () => control.admitRun(input),
  );
export const finishRun: Activities['finishRun'] = (input) =>
  besideOrSurely(
    () => beside.finishRun.executeWithOptions({ summary: SUMMARIES.finishRun }, [input]),
    () => control.finishRun(input),
  );

/** An answer to a gate, and the gate's end, where nothing that goes back at once can wait behind them: what a workflow does beside itself, all else of it waits for. */
export const answeringBeside: Pick<Activities, 'verifyStatement' | 'closeGate'> = {
  verifyStatement: (input) =>
    besideOrSurely(
      () => beside.verifyStatement.executeWithOptions({ summary: SUMMARIES.verifyStatement }, [input]),
      () => control.verifyStatement(input),
    ),
  closeGate: (input) =>
    besideOrSurely(
      () => beside.closeGate.executeWithOptions({ summary: SUMMARIES.closeGate }, [input]),
      () => control.closeGate(input),
    ),
};

/** Waiting for a workflow that is not ours: days, held by heartbeats. */
export const waiting = summarised({
  ...WAIT,
  taskQueue: QUEUES.watch,
  startToCloseTimeout: '30d',
  heartbeatTimeout: '30s',
  retry: EAGER,
});

/** Reading a repository for a trigger: minutes, however large it is. */
export const fetching = summarised({
  ...WAIT,
  taskQueue: QUEUES.watch,
  startToCloseTimeout: '30m',
  heartbeatTimeout: '30s',
  retry: EAGER,
});

/** Telling others how a trigger's run goes: given up after a while, because nothing depends on it. */
export const reporting = summarised({
  ...WAIT,
  taskQueue: QUEUES.watch,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '15m',
  retry: EAGER,
});

const HEARTBEAT = '5s';
/** Going back is tried for minutes, then a person is asked. No schedule-to-close: a dead worker must not use it up. */
const UNDO_RETRY = { ...EAGER, maximumAttempts: 20 } as const;

/** How long what the plan leaves free may take at most. */
export interface Times {
  readonly startupTimeoutMs: number;
  readonly drainTimeoutMs: number;
}
/** For the rest of an effect: asking, and stopping instances. */
const MARGIN_MS = 60_000;

/** The effects of one deployment, on the queues of the host that its provider lives on. */
export function effectsOf(host: string | undefined, { startupTimeoutMs, drainTimeoutMs }: Times) {
  const queues = effectQueues(host);
  const effect: ActivityOptions = {
    ...WAIT,
    taskQueue: queues.effects,
    heartbeatTimeout: HEARTBEAT,
    retry: EAGER,
  };
  return {
    /** Changes that take seconds. */
    quick: proxyActivities<Activities>({ ...effect, startToCloseTimeout: '60s' }),
    /** Starting instances: as long as the plan gives them, and a margin to stop them. */
    slow: proxyActivities<Activities>({ ...effect, startToCloseTimeout: startupTimeoutMs + MARGIN_MS }),
    /** Emptying a slot: as long as requests in flight may take to end. */
    draining: proxyActivities<Activities>({ ...effect, startToCloseTimeout: drainTimeoutMs + MARGIN_MS }),
    /** Emptying instances, or starting them. */
    resizing: proxyActivities<Activities>({
      ...effect,
      startToCloseTimeout: startupTimeoutMs + drainTimeoutMs + MARGIN_MS,
    }),
    undoing: proxyActivities<Activities>({
      ...effect,
      startToCloseTimeout: startupTimeoutMs + MARGIN_MS,
      retry: UNDO_RETRY,
    }),
    /** Turning a flag off where that is enough: at once, or users go back to another release instead, and it is turned off as all else is undone. */
    dousing: proxyActivities<Activities>({
      ...effect,
      startToCloseTimeout: '5s',
      retry: { ...EAGER, maximumAttempts: 2 },
    }),
    /** Both, one after the other. */
    restoring: proxyActivities<Activities>({
      ...effect,
      startToCloseTimeout: startupTimeoutMs + drainTimeoutMs + MARGIN_MS,
      retry: UNDO_RETRY,
    }),
    /** One per phase, for as long as the phase; its beats are seconds apart so that a dead worker is noticed soon. */
    watching: proxyActivities<Activities>({
      ...WAIT,
      taskQueue: queues.watch,
      startToCloseTimeout: '30d',
      heartbeatTimeout: HEARTBEAT,
      retry: EAGER,
    }),
  };
}
/** A look at the world for somebody who waits: one that cannot be had soon is none. */
export const observing = (host: string) =>
  proxyActivities<Activities>({
    ...WAIT,
    taskQueue: effectQueues(host).effects,
    heartbeatTimeout: HEARTBEAT,
    startToCloseTimeout: '5s',
    scheduleToCloseTimeout: '8s',
    retry: EAGER,
  });

/** A longer look, at all that serves: smoke tests and health checks have their time. */
export const verifying = (host: string) =>
  proxyActivities<Activities>({
    ...WAIT,
    taskQueue: effectQueues(host).effects,
    heartbeatTimeout: HEARTBEAT,
    startToCloseTimeout: '2m',
    scheduleToCloseTimeout: '5m',
    retry: EAGER,
  });

/** A question to whoever polls a queue: who has no time for it now does not answer. */
export const sightingOn = (taskQueue: string) =>
  proxyActivities<Activities>({
    ...{ ...WAIT, taskQueue, scheduleToStartTimeout: '3s', startToCloseTimeout: '5s' },
    retry: { maximumAttempts: 1 },
  });

/** Removing what is old: minutes where there is much. On a host it is done soon or the next time. */
export const sweeping = (host?: string) =>
  proxyActivities<Activities>({
    ...WAIT,
    taskQueue: effectQueues(host).effects,
    heartbeatTimeout: '30s',
    startToCloseTimeout: '1h',
    ...(host === undefined ? {} : { scheduleToStartTimeout: '5s', scheduleToCloseTimeout: '10m' }),
    retry: EAGER,
  });

export type Effects = ReturnType<typeof effectsOf>;

/** Users' commands: as long as their stage says. Attempts are the plan's, so Temporal retries only what was lost. */
export function stageActivities(timeoutMs: number) {
  return proxyActivities<Activities>({
    ...WAIT,
    taskQueue: QUEUES.stage,
    startToCloseTimeout: timeoutMs + 60_000,
    heartbeatTimeout: HEARTBEAT,
    retry: EAGER,
  });
}

/**
 * How long a pipeline waits for a hint before it repeats its request to the target, after so many repeats without one: longer and
 * longer, because every repeat adds to two histories, and a bake takes days.
 */
export const askAgain = (repeats: number): number => Math.min(2 ** Math.min(repeats, 7) / 2, 60) * 60_000;
