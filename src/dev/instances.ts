import { join } from 'node:path';
import { localArtifacts } from '../adapters/artifacts/local.js';
import { notedSlots, processProvider } from '../adapters/providers/process.js';

const STOP_MS = 30_000;

/** Stops every instance of this folder. What was live is started again, in the same slots, when a worker comes up here. */
export async function stopInstances(stateDir: string): Promise<void> {
  const provider = processProvider({
    stateDir,
    artifacts: localArtifacts({ directory: join(stateDir, 'artifacts') }),
  });
  const slots = await notedSlots(stateDir);
  await Promise.all(
    slots.map(({ target, slot }) => provider.remove(target, slot, AbortSignal.timeout(STOP_MS))),
  );
}
