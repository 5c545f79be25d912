import { join } from 'node:path';
import { exclusive } from '../exclusive.js';
import { exists, foldersIn } from '../folders.js';
import { stopJob } from './await-job.js';
import { inspectJob, ownerOf, runDir, type JobOwner } from './job-files.js';
import { launched } from './launcher.js';

export interface Orphanage {
  readonly stageDir: string;
  /** Whether the run that a command belongs to still goes on; in doubt it does. */
  readonly goesOn: (owner: JobOwner) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * Stops the commands whose runs have ended while no worker lived here, and removes the workspaces that one has left: nobody attaches to
 * them any more. Gives the folders of those that it stopped. One that somebody waits for is left alone, and so is one that names no run.
 */
export async function stopOrphans({ stageDir, goesOn, signal }: Orphanage): Promise<readonly string[]> {
  const stopped: string[] = [];
  for (const job of await jobsIn(stageDir)) {
    signal.throwIfAborted();
    if ((await inspectJob(job)).kind !== 'running' && !(await exists(runDir(job)))) continue;
    const owner = ownerOf(job);
    if (owner === undefined || (await goesOn(owner))) continue;
    await exclusive(job, signal, async () => {
      const state = await inspectJob(job);
      if (state.kind === 'running') {
        await stopJob(job, state.process);
        stopped.push(job);
      }
      await launched('removeTree', runDir(job));
    });
  }
  return stopped;
}

/** `jobs/<run>/<stage>.<attempt>` */
export async function jobsIn(stageDir: string): Promise<readonly string[]> {
  let folders = [join(stageDir, 'jobs')];
  for (let level = 0; level < 2; level++) folders = (await Promise.all(folders.map(within))).flat();
  return folders;
}

const within = async (folder: string): Promise<readonly string[]> =>
  (await foldersIn(folder)).map((name) => join(folder, name));
