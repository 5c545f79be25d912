import { CancellationScope } from '@temporalio/workflow';

/** Runs `body` although the workflow is being cancelled: ways back, ends, and answers to people. */
export const shielded = <T>(body: () => Promise<T>): Promise<T> => CancellationScope.nonCancellable(body);

/** A scope that ends only when it is told to itself, whatever the workflow is told. */
export const unheeding = (): CancellationScope =>
  new CancellationScope({ cancellable: true, parent: new CancellationScope({ cancellable: false }) });
