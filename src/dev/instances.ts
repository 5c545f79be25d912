import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { processProvider } from '../adapters/providers/process.js';
import { localArtifacts } from '../adapters/artifacts/local.js';
import type { Slot } from '../domain/target.js';
import { pino } from 'pino';

const STOP_MS = 30_000;

/** Stops every instance of this folder. What was live is started again, in the same slots, when a worker comes up here. */
export async function stopInstances(stateDir: string): Promise<void> {
  const artifacts = localArtifacts({ directory: join(stateDir, 'artifacts') });
  const provider = processProvider({ stateDir, artifacts, log: pino({ level: 'silent' }) });
  const root = join(stateDir, 'instances');
  for (const service of await folders(root))
    for (const environment of await folders(join(root, service)))
      for (const slot of await folders(join(root, service, environment)))
        await provider.remove({ service, environment }, slot as Slot, AbortSignal.timeout(STOP_MS));
}

async function folders(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path, { withFileTypes: true })).filter((e) => e.isDirectory()).map((e) => e.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
