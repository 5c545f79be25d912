import { exclusive } from '../src/adapters/providers/process-lock.js';
import { packArtifacts } from '../src/adapters/artifacts/tar.js';
import type { RunStageInput, RunStageResult, StageBackend } from '../src/domain/stage.js';
import { ShipwayError } from '../src/errors.js';
import type { ProcessIdentity } from '../src/processes.js';
import { awaitJob, stopStrays, type JobEnd } from '../src/stage/await-job.js';
import { keepCaches } from '../src/stage/caches.js';
import { clearRun } from '../src/stage/clear.js';
import { environmentOf } from '../src/stage/environment.js';
import {
  forgetJob,
  inspectJob,
  jobDir,
  prepareJob,
  readResult,
  workspaceDir,
  writeResult,
  type JobName,
  type JobState,
} from '../src/stage/job-files.js';
import { startJob } from '../src/stage/job.js';
import { shipOutput } from '../src/stage/output.js';
import type { StageUser } from '../src/stage/user.js';
import { makeWorkspace, type WorkspaceOptions } from '../src/stage/workspace.js';
import { Context } from '@temporalio/activity';
import { attempted } from './audit.js';
import { stageBeats, type StageBeats } from './stage-beats.js';
import { unwanted } from './unwanted.js';

export interface StageDeps {
  readonly backend: StageBackend;
  readonly stageDir: string;
  /** This machine: where a job's folder and process are. */
  readonly hostId: string;
  /** Whom the commands run as; absent: the worker's own user. */
  readonly user?: StageUser;
}
interface Job {
  readonly deps: StageDeps;
  readonly input: RunStageInput;
  readonly folder: string;
  readonly name: JobName;
  readonly beats: StageBeats;
  readonly signal: AbortSignal;
}
/** A stage that takes its machine down each time must come to an end too. */
const MOST_RERUNS = 5;

/**
 * Runs one stage's commands to their end, once on a machine: a retry attaches to what runs or collects what has ended. A worker that
 * goes away leaves them running for the next one. What a lost machine took with it is run again or not, as the stage's `on_lost` says.
 * Fails with `stage.failed`, `stage.timeout`, `stage.lost`, `stage.artifact_missing`, `stage.artifact_refused`, `source.invalid`.
 */
export const runStage =
  (deps: StageDeps) =>
  async (input: RunStageInput): Promise<RunStageResult> => {
    const name = { run: input.run, stage: input.stage.name, attempt: input.attempt };
    const folder = jobDir(deps.stageDir, name);
    const beats = stageBeats();
    const { cancellationSignal: signal } = Context.current();
    try {
      return await run({ deps, input, folder, name, beats, signal });
    } finally {
      beats.stop();
    }
  };

async function run(job: Job): Promise<RunStageResult> {
  const known = await readResult(job.folder);
  if (known !== undefined) return known;
  const { end, outputBytes } = await ended(job);
  const { deps, input, folder, name } = job;
  const how = end.kind === 'ended' ? { exit_code: end.code } : { timed_out: true };
  const details = { stage: name.stage, attempt: name.attempt, ...how };
  await deps.backend.audit([attempted(input, 'stage.result', details, { user: input.requestedBy })]);
  try {
    // What runs with other rights must not change what is read with the worker's.
    if (deps.user !== undefined) await stopStrays(folder);
    if (end.kind === 'timeout') throw outOfTime(input);
    if (end.code !== 0) throw failed(input, end.code);
    const artifacts = await kept(job);
    const result = { outputBytes, ...(artifacts === undefined ? {} : { artifacts }) };
    await keepCaches(workspaceOf(job), workspaceDir(folder)).catch((error: unknown) => {
      Context.current().log.warn('caches could not be kept', { why: String(error) });
    });
    await writeResult(folder, result);
    await clearRun(folder);
    return result;
  } catch (error) {
    if (error instanceof ShipwayError && error.type.startsWith('stage.')) await clearRun(folder);
    throw error;
  }
}

const outOfTime = ({ stage }: RunStageInput): ShipwayError =>
  new ShipwayError(
    'stage.timeout',
    `stage ${stage.name} ran longer than ${String(stage.timeoutMs / 1000)} s and was stopped`,
  );
const failed = ({ run: id, stage: { name } }: RunStageInput, code: number): ShipwayError =>
  new ShipwayError(
    'stage.failed',
    `stage ${name}: exit code ${String(code)} (output: shipway logs ${id} --stage ${name})`,
  );

type End = Exclude<JobEnd, { readonly kind: 'lost' }>;

/** The end of the commands, with all their output shipped. What is lost on the way is begun again, if it may be. */
async function ended(job: Job): Promise<{ readonly end: End; readonly outputBytes: number }> {
  for (;;) {
    const begun = await exclusive(job.folder, job.signal, () => begin(job));
    const shipping = shipOutput(job.folder, job.name, job.deps.backend, job.input.stage.outputLimitBytes);
    const end = 'pid' in begun ? await awaited(job, begun, shipping) : begun;
    const outputBytes = await shipping.finish();
    if (end.kind !== 'lost') return { end, outputBytes };
  }
}

/** Interrupted, the rest of the output is shipped if the command was stopped, and else left to whoever attaches next. */
async function awaited(
  { folder, input, signal }: Job,
  process: ProcessIdentity,
  shipping: ReturnType<typeof shipOutput>,
): Promise<JobEnd> {
  let stopped = false;
  const asked = async (): Promise<boolean> => (stopped = await unwanted());
  try {
    return await awaitJob(folder, process, { timeoutMs: input.stage.timeoutMs, signal, unwanted: asked });
  } catch (error) {
    if (!stopped) await shipping.leave();
    else {
      await shipping.finish().catch(() => shipping.leave());
      await clearRun(folder);
    }
    throw error;
  }
}

/** The job's runner, started if need be; or how it has ended already. */
async function begin(job: Job): Promise<ProcessIdentity | End> {
  const state = await inspectJob(job.folder);
  switch (state.kind) {
    case 'running':
      job.beats.note({ ...job.beats.last(), host: job.deps.hostId });
      return state.process;
    case 'ended':
    case 'timeout':
      return state;
    default:
      return start(job, await rerunsOf(job, state));
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
  await forgetJob(folder);
  return reruns + 1;
}

/** That it may have begun here is said before it does; when it could not begin after all, that is said too. */
async function start(job: Job, reruns: number): Promise<ProcessIdentity> {
  const { deps, input, folder, beats, signal } = job;
  const { stage, requestedBy } = input;
  await prepareJob(folder);
  beats.note({ host: deps.hostId, reruns });
  try {
    const details = { stage: stage.name, attempt: input.attempt, script: stage.script };
    await deps.backend.audit([attempted(input, 'stage.intent', details, { user: requestedBy })]);
    await makeWorkspace(workspaceOf(job), signal);
    const environment = environmentOf(input);
    return await startJob(folder, { script: stage.script, environment, reruns, user: deps.user });
  } catch (error) {
    if ((await inspectJob(folder)).kind === 'prepared') beats.note({ reruns });
    throw error;
  }
}

function workspaceOf({ deps, input, folder }: Job): WorkspaceOptions {
  const { stageDir, backend } = deps;
  const { service, commit, source, artifacts, stage } = input;
  return { stageDir, backend, service, commit, source, artifacts, cache: stage.cache, job: folder };
}

async function kept({ deps, input: { stage }, folder }: Job): Promise<RunStageResult['artifacts']> {
  if (stage.artifacts.length === 0) return undefined;
  const packed = packArtifacts(workspaceDir(folder), stage.artifacts);
  const { digest, bytes } = await deps.backend.putArtifact(packed);
  return { stage: stage.name, digest, bytes };
}
