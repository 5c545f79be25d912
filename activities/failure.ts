import { hostname } from 'node:os';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import {
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcServiceError,
} from '@temporalio/client';
import type { FailureRow } from '../src/domain/failure-row.js';
import { FAILURES, isFailureType } from '../src/domain/failures.js';
import { orDiskFull } from '../src/disk-full.js';
import { ShipwayError } from '../src/errors.js';

type Activity<I extends unknown[], O> = (...input: I) => Promise<O>;

/**
 * Makes an activity fail only with types of the failure table: a `ShipwayError` keeps its type and is retried as its row says (an
 * attempt counts whatever it failed of),
 * a cancellation stays one, and anything else is `internal.bug`, not retried, so that it is seen instead of looping in silence.
 */
export function failing<I extends unknown[], O>(activity: Activity<I, O>): Activity<I, O> {
  return async (...input) => {
    try {
      return await activity(...input);
    } catch (error) {
      throw asFailure(error);
    }
  };
}

export function asFailure(thrown: unknown): Error {
  const error = orDiskFull(thrown, `of ${hostname()}`);
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (Context.current().cancellationSignal.aborted)
    return new CancelledFailure('cancelled', [], error as Error);
  if (error instanceof ShipwayError)
    return ApplicationFailure.create({
      type: error.type,
      message: error.message,
      nonRetryable: final(FAILURES[error.type]),
      category: 'BENIGN',
      ...(error.details === undefined ? {} : { details: [error.details] }),
    });
  const answered = answerOf(error);
  if (answered !== undefined) return answered;
  const away = unreachable(error);
  if (away !== undefined)
    return ApplicationFailure.create({
      type: 'temporal.unavailable',
      message: away,
      nonRetryable: !FAILURES['temporal.unavailable'].retried,
      category: 'BENIGN',
    });
  const bug = error instanceof Error ? error : new Error(String(error));
  Context.current().log.error('an activity met an error that nobody foresaw', {
    error: bug.stack ?? bug.message,
  });
  return ApplicationFailure.create({ type: 'internal.bug', message: bug.message, nonRetryable: true });
}

const final = ({ retried, tries = Infinity }: FailureRow): boolean =>
  !retried || Context.current().info.attempt >= tries;

/** What another workflow has said to an update stays what it is, when it is a row of the table; also what an activity said to that one. */
function answerOf(error: unknown): ApplicationFailure | undefined {
  if (!(error instanceof WorkflowUpdateFailedError)) return undefined;
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    const type = cause instanceof ApplicationFailure ? (cause.type ?? '') : '';
    if (!isFailureType(type)) continue;
    const nonRetryable = !FAILURES[type].retried;
    return ApplicationFailure.create({ type, message: cause.message, nonRetryable, category: 'BENIGN' });
  }
  return undefined;
}

/** A workflow that ends, starts, continues as new or loses its worker in the middle of an update, and a server that is restarting, are asked again. */
function unreachable(error: unknown): string | undefined {
  if (error instanceof WorkflowUpdateFailedError) {
    const { cause } = error;
    return cause instanceof ApplicationFailure && cause.type !== ENDED_MEANWHILE ? undefined : error.message;
  }
  const again =
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    error instanceof WorkflowNotFoundError ||
    error instanceof WorkflowExecutionAlreadyStartedError ||
    error instanceof ServiceError ||
    // What a server says to an update with start comes as gRPC's own error.
    isGrpcServiceError(error);
  return again ? `${error.message}: ${error.cause instanceof Error ? error.cause.message : ''}` : undefined;
}
const ENDED_MEANWHILE = 'AcceptedUpdateCompletedWorkflow';

/** All activities of a record, made to fail by the table. */
export function allFailing<T extends Record<string, (...input: never[]) => Promise<unknown>>>(
  activities: T,
): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [name, failing(activity)]);
  return Object.fromEntries(wrapped) as T;
}
