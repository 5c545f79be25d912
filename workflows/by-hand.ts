import { ApplicationFailure, TemporalFailure, workflowInfo } from '@temporalio/workflow';
import { reasonOf } from './undo.js';

/** Nobody admitted it, so it has moved nothing, may undo nothing, and has no end to record. */
export const notAdmitted = (why: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(why, 'permit.missing');

/**
 * What an error of our own code means. A workflow that shipway started has all that it needs, so that one without a parent was started by
 * somebody with something else, and its task would be tried for ever.
 */
export const unbegun = (error: unknown): unknown =>
  error instanceof TemporalFailure || workflowInfo().parent !== undefined
    ? error
    : notAdmitted(`its input is none of shipway’s: ${reasonOf(error)}`);

/** What a workflow makes of its input before it asks anybody. */
export function begun<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw unbegun(error);
  }
}
