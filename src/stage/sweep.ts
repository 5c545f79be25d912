import { randomUUID } from 'node:crypto';
import { rename, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Retention } from '../domain/retention.js';
import { exclusive } from '../exclusive.js';
import { entriesOf, foldersIn } from '../folders.js';
import { ifGone } from '../if-gone.js';
import { inspectJob, ownerOf, type JobOwner } from './job-files.js';
import { launched } from './launcher.js';
import { jobsIn } from './orphans.js';

export interface Sweeping {
  readonly stageDir: string;
  readonly retention: Pick<Retention, 'workspacesMs' | 'cachesMs'>;
  /** Whether the run that a job belongs to has ended; one that Temporal has forgotten has. In doubt it has not. */
  readonly hasEnded: (owner: JobOwner) => Promise<boolean>;
  readonly signal: AbortSignal;
}
export interface SweptStages {
  readonly workspaces: number;
  readonly caches: number;
  readonly checkouts: number;
}

/** Removes what stages have left on this machine and nobody has used for its time. Cut off or repeated, it goes on with what is left. */
export async function sweepStages(of: Sweeping): Promise<SweptStages> {
  const { stageDir, retention } = of;
  const [now, cache] = [Date.now(), join(stageDir, 'cache')];
  const unused = now - retention.cachesMs;
  let caches = 0;
  for (const service of await foldersIn(cache)) caches += await sweepUnused(join(cache, service), unused, of);
  return {
    workspaces: await sweepJobs(of, now - retention.workspacesMs),
    caches,
    checkouts: await sweepUnused(join(stageDir, 'checkouts'), unused, of),
  };
}

async function sweepJobs({ stageDir, hasEnded, signal }: Sweeping, before: number): Promise<number> {
  let count = 0;
  for (const job of await jobsIn(stageDir)) {
    signal.throwIfAborted();
    if (!(await isOlder(job, before)) || (await inspectJob(job)).kind === 'running') continue;
    const owner = ownerOf(job);
    if (owner !== undefined && !(await hasEnded(owner))) continue;
    await exclusive(job, signal, async () => {
      if (!(await isOlder(job, before)) || (await inspectJob(job)).kind === 'running') return;
      await launched('removeTree', job);
      count += 1;
    });
    // The run's folder goes with its last job.
    await rmdir(dirname(job)).catch(() => undefined);
  }
  return count;
}

/** Out of its place first, under its lock: whoever comes meanwhile finds it whole or not at all. */
async function sweepUnused(folder: string, before: number, { signal }: Sweeping): Promise<number> {
  let count = 0;
  for (const { name } of await entriesOf(folder)) {
    signal.throwIfAborted();
    const place = join(folder, name);
    // What belongs to a place has its name and more, and goes under the lock of that.
    await exclusive(join(folder, name.split('.')[0] ?? name), signal, async () => {
      if (!(await isOlder(place, before))) return;
      const going = `${place}.${randomUUID()}`;
      if ((await rename(place, going).then(() => true, ifGone)) !== true) return;
      await launched('removeTree', going);
      if (!name.includes('.')) count += 1;
    });
  }
  return count;
}

const isOlder = async (path: string, before: number): Promise<boolean> =>
  ((await stat(path).catch(ifGone))?.mtimeMs ?? before) < before;
