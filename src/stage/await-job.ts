import { watch, type FSWatcher } from 'node:fs';
import { membersOf } from '../adapters/providers/process-find.js';
import { stopProcess, type ProcessIdentity } from '../processes.js';
import { begunAt, endOf, inspectJob, noteTimeout, type JobState } from './job-files.js';
import { JOB_TOKEN } from './job.js';
import { within } from '../within.js';

const GRACE_MS = 5_000;
/** The folder is watched; this is for a file system that tells nothing, and for a runner that is killed. */
const LOOK_MS = 500;

export interface Waiting {
  /** From when the command was begun, whoever has waited for it since. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Asked when `signal` aborts: whether the command is to be stopped, or goes on for whoever attaches next. */
  readonly unwanted: () => Promise<boolean>;
}
export type JobEnd = Exclude<JobState, { readonly kind: 'none' | 'prepared' | 'running' }>;

/**
 * Waits for the job's end. One that is out of time is stopped with all it started. Interrupted, it fails with the signal's reason,
 * and stops the command only when nobody wants it any more.
 */
export async function awaitJob(job: string, process: ProcessIdentity, waiting: Waiting): Promise<JobEnd> {
  const { timeoutMs, signal, unwanted } = waiting;
  const left = begunAt(job) + timeoutMs - Date.now();
  const ended = await within(left, signal, (ending) => firstOf(job, ending));
  if (ended !== undefined) return ended;
  if (signal.aborted) {
    if (await unwanted()) await stopJob(job, process);
    throw signal.reason as Error;
  }
  await noteTimeout(job);
  await stopJob(job, process);
  return { kind: 'timeout' };
}

/** The whole process group, and then whatever has left it. */
export async function stopJob(job: string, process: ProcessIdentity): Promise<void> {
  await stopProcess(process, { graceMs: GRACE_MS, group: true });
  kill(-process.pid);
  await stopStrays(job);
}

/** What a job has started and its runner's end has not reached: all that carries the job's name, whoever its parents are. */
export async function stopStrays(job: string): Promise<void> {
  const strays = await membersOf(job, undefined, JOB_TOKEN);
  await Promise.all(strays.map((stray) => stopProcess(stray, { graceMs: GRACE_MS })));
}

function kill(pid: number): void {
  try {
    globalThis.process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** How the job ended; `undefined` when `stop` came first. */
async function firstOf(job: string, stop: AbortSignal): Promise<JobEnd | undefined> {
  const news = newsOf(job);
  try {
    for (let closer = false; ; closer = await news.next(stop)) {
      const state = closer ? await inspectJob(job) : endOf(job);
      if (state?.kind === 'none' || state?.kind === 'prepared') return { kind: 'lost' };
      if (state !== undefined && state.kind !== 'running') return state;
      if (stop.aborted) return undefined;
    }
  } finally {
    news.close();
  }
}

function newsOf(job: string) {
  let fresh = false;
  let wake = (): void => undefined;
  const watcher = watched(job, () => {
    fresh = true;
    wake();
  });
  return {
    /** Resolves when there is an exit code or `stop` aborts; with true when neither came and it is time to look closer. */
    next: (stop: AbortSignal) =>
      new Promise<boolean>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          stop.removeEventListener('abort', done);
          resolve(!fresh && !stop.aborted);
          fresh = false;
        };
        const timer = setTimeout(done, LOOK_MS);
        stop.addEventListener('abort', done);
        wake = done;
        if (fresh || stop.aborted) done();
      }),
    close: () => watcher?.close(),
  };
}

/** A machine may have no watchers left: then looking from time to time has to do. */
function watched(job: string, tell: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(job, (_event, name) => {
      if (name === 'exit') tell();
    });
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  } catch {
    return undefined;
  }
}
