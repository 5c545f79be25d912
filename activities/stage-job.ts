import { exclusive } from '../src/exclusive.js';
import type { RunStageInput, RunStageResult, StageBackend } from '../src/domain/stage.js';
import { ShipwayError } from '../src/errors.js';
import type { ProcessIdentity } from '../src/processes.js';
import { stopStrays, type JobEnd } from '../src/stage/await-job.js';
import { environmentOf } from '../src/stage/environment.js';
import { forgetJob, inspectJob, readResult, type JobName, type JobState } from '../src/stage/job-files.js';
import { launched } from '../src/stage/launcher.js';
import type { StageUser } from '../src/stage/user.js';
import { makeWorkspace, type WorkspaceOptions } from '../src/stage/workspace.js';
import { together } from '../src/together.js';
import { attempted } from './audit.js';
import type { StageBeats } from './stage-beats.js';
import { ownerOfActivity } from './unwanted.js';

export interface StageDeps {
  readonly backend: StageBackend;
  readonly stageDir: string;
  /** This machine: where a job's folder and process are. */
  readonly hostId: string;
  /** The largest artifact that a stage may leave; absent: as large as the store takes. */
  readonly maxArtifactBytes?: number;
  /** Whom the commands run as; absent: the worker's own user. */
  readonly user?: StageUser;
}
/** One attempt at a stage's commands. */
export interface Job {
  readonly deps: StageDeps;
  readonly input: RunStageInput;
  readonly folder: string;
  readonly name: JobName;
  readonly beats: StageBeats;
  readonly signal: AbortSignal;
  /** A line of shipway's own instead of the stage's. */
  readonly line?: string;
  /** What is kept of commands that ended well, from their workspace and what is beside it. */
  readonly keep: (job: Job, outputBytes: number) => Promise<RunStageResult>;
}
export type End = Exclude<JobEnd, { readonly kind: 'lost' }>;
export type Begun =
  | { readonly kind: 'runs'; readonly process: ProcessIdentity }
  /** Another attempt has brought it to its end. */
  | { readonly kind: 'passed'; readonly result: RunStageResult }
  | End;

/** A stage that takes its machine down each time must come to an end too. */
export const MOST_RERUNS = 5;

/**
 * The job's runner, started if need be; or how it has ended already. Whatever fails here, the next attempt knows whether it may have
 * begun. Fails with `stage.lost` when it is gone and may not begin again, `source.invalid`, `store.unavailable`.
 */
export async function begin(job: Job): Promise<Begun> {
  try {
    return await exclusive(job.folder, job.signal, () => begun(job));
  } catch (error) {
    job.beats.say();
    throw error;
  }
}

async function begun(job: Job): Promise<Begun> {
  const result = readResult(job.folder);
  if (result !== undefined) return { kind: 'passed', result };
  const state = await inspectJob(job.folder);
  switch (state.kind) {
    case 'running':
      job.beats.note({ ...job.beats.last(), host: job.deps.hostId });
      return { kind: 'runs', process: state.process };
    case 'ended':
    case 'timeout':
      return state;
    default: {
      const reruns = await rerunsOf(job, state);
      if (state.kind !== 'none') await forgetJob(job.folder);
      return { kind: 'runs', process: await start(job, reruns) };
    }
  }
}

/** How often it was lost, this time included. Fails with `stage.lost` when it may not be begun again. */
async function rerunsOf({ beats, deps, folder, input }: Job, state: JobState): Promise<number> {
  const { host, reruns } = beats.last();
  const elsewhere = host !== undefined && host !== deps.hostId;
  const lost = state.kind === 'lost' || elsewhere || (host !== undefined && state.kind === 'none');
  if (!lost) return reruns;
  await stopStrays(folder);
  const { name, onLost } = input.stage;
  if (onLost === 'fail')
    throw new ShipwayError('stage.lost', `what ran stage ${name} is gone, and on_lost is fail`);
  if (reruns >= MOST_RERUNS)
    throw new ShipwayError('stage.lost', `what ran stage ${name} was lost ${String(reruns + 1)} times`);
  return reruns + 1;
}

/**
 * The runner is made ready while the intent is recorded, and begins after it. That it may have begun here is noted before it does; when it
 * could not begin after all, that is said.
 */
async function start(job: Job, reruns: number): Promise<ProcessIdentity> {
  const { deps, input, folder, beats, signal } = job;
  const { stage, requestedBy } = input;
  const details = { stage: stage.name, attempt: input.attempt, script: stage.script };
  beats.note({ reruns });
  try {
    // Begun first, because the launcher is another process and has the longer way; told first is what the store says.
    const making = made(job, reruns);
    await together([
      deps.backend.audit([attempted(input, 'stage.intent', details, { user: requestedBy })]),
      making,
    ]);
    signal.throwIfAborted();
    beats.note({ host: deps.hostId, reruns });
    // What takes its machine down at once is counted too.
    if (reruns > 0) beats.say();
    const runner = await launched('beginJob', folder, ownerOfActivity());
    if (runner !== undefined) return runner;
    throw new ShipwayError('stage.unavailable', 'what was to run the commands was gone before they began');
  } catch (error) {
    // Without its launcher a runner that waits ends by itself.
    await launched('dropJob', folder).catch(() => undefined);
    if ((await inspectJob(folder)).kind === 'prepared') beats.note({ reruns });
    throw error;
  }
}

async function made(job: Job, reruns: number): Promise<void> {
  const { deps, input, folder, signal, line } = job;
  await makeWorkspace(workspaceOf(job), signal);
  const script = line === undefined ? input.stage.script : [line];
  const how = { script, quiet: line !== undefined, reruns, user: deps.user };
  await launched('readyJob', folder, { ...how, environment: environmentOf(input) });
}

export function workspaceOf({ deps, input, folder }: Job): WorkspaceOptions {
  const { stageDir, backend } = deps;
  const { service, commit, source, artifacts, stage } = input;
  return { stageDir, backend, service, commit, source, artifacts, cache: stage.cache, job: folder };
}
