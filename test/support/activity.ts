import type { Info } from '@temporalio/activity';
import type { ActivityFunction } from '@temporalio/common';
import { MockActivityEnvironment, type MockActivityEnvironmentOptions } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { failing } from '../../activities/failure.js';

export interface ActivityLab {
  readonly env: MockActivityEnvironment;
  readonly beats: unknown[];
  readonly logged: LogEntry[];
  /** Runs it as a worker does: what it throws is a row of the failure table. */
  readonly run: <I extends unknown[], O>(activity: (...input: I) => Promise<O>, ...input: I) => Promise<O>;
}

/** One attempt of an activity that this workflow asks for. */
export function activityOf(
  workflowId: string,
  info: Partial<Info> = {},
  options: MockActivityEnvironmentOptions = {},
): ActivityLab {
  const logged: LogEntry[] = [];
  const logger = new DefaultLogger('DEBUG', (entry) => void logged.push(entry));
  const workflowExecution = { workflowId, runId: 'first' };
  const env = new MockActivityEnvironment({ workflowExecution, ...info }, { logger, ...options });
  const beats: unknown[] = [];
  env.on('heartbeat', (beat) => beats.push(beat));
  return {
    ...{ env, beats, logged },
    run: (activity, ...input) => env.run(failing(activity) as ActivityFunction, ...input) as never,
  };
}
