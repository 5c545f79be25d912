import { join } from 'node:path';
import { localArtifacts } from '../adapters/artifacts/local.js';
import { notedSlots } from '../adapters/providers/process-files.js';
import { processProvider } from '../adapters/providers/process.js';

const STOP_MS = 30_000;

/**
 * Stops every instance of this folder; fails when one could not be, after all others are. What was live is started again, in the same
 * slots, when a worker comes up here.
 */
export async function stopInstances(stateDir: string): Promise<void> {
  const provider = processProvider({
    stateDir,
    artifacts: localArtifacts({ directory: join(stateDir, 'artifacts') }),
  });
  const slots = await notedSlots(stateDir);
  const ends = await Promise.allSettled(
    slots.map(({ target, slot }) => provider.remove(target, slot, AbortSignal.timeout(STOP_MS))),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
