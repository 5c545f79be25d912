import { setMaxListeners } from 'node:events';
import { haltInstances } from '../adapters/providers/process-halt.js';

const STOP_MS = 30_000;

/** Stops every instance of this folder. What served is started again, in the same slots, when a worker comes up here. */
export async function stopInstances(stateDir: string): Promise<void> {
  const signal = AbortSignal.timeout(STOP_MS);
  // As many listen to it as there are instances.
  setMaxListeners(0, signal);
  await haltInstances(stateDir, signal);
}
