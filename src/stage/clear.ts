import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { runDir } from './job-files.js';

/** Removes what the commands had, also folders that they made read-only. What cannot be removed fails no stage. */
export async function clearRun(job: string): Promise<void> {
  const folder = runDir(job);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  await remove()
    .catch(async () => {
      await promisify(execFile)('chmod', ['-R', 'u+rwX', '--', folder]);
      await remove();
    })
    .catch(() => undefined);
}
