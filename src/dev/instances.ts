import { haltInstances } from '../adapters/providers/process-halt.js';

const STOP_MS = 30_000;

/** Stops every instance of this folder. What served is started again, in the same slots, when a worker comes up here. */
export const stopInstances = (stateDir: string): Promise<void> =>
  haltInstances(stateDir, AbortSignal.timeout(STOP_MS));
