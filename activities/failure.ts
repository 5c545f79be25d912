import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { FAILURES } from '../src/domain/failures.js';
import { ShipwayError } from '../src/errors.js';

type Activity<I extends unknown[], O> = (...input: I) => Promise<O>;

/**
 * Makes an activity fail only with types of the failure table: a `ShipwayError` keeps its type and is retried as its row says,
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

export function asFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (Context.current().cancellationSignal.aborted)
    return new CancelledFailure('cancelled', [], error as Error);
  if (error instanceof ShipwayError)
    return ApplicationFailure.create({
      type: error.type,
      message: error.message,
      nonRetryable: !FAILURES[error.type].retried,
      category: 'BENIGN',
    });
  const bug = error instanceof Error ? error : new Error(String(error));
  Context.current().log.error('an activity met an error that nobody foresaw', {
    error: bug.stack ?? bug.message,
  });
  return ApplicationFailure.create({ type: 'internal.bug', message: bug.message, nonRetryable: true });
}

/** All activities of a record, made to fail by the table. */
export function allFailing<T extends Record<string, (...input: never[]) => Promise<unknown>>>(
  activities: T,
): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [name, failing(activity)]);
  return Object.fromEntries(wrapped) as T;
}
