import { CancellationScope } from '@temporalio/workflow';

/** Runs `body` although the workflow is being cancelled: ways back, ends, and answers to people. */
export const shielded = <T>(body: () => Promise<T>): Promise<T> => CancellationScope.nonCancellable(body);
