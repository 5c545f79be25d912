import { exclusive } from '../src/exclusive.js';
import { FAILURES } from '../src/domain/failures.js';
import type { RunStageInput, RunStageResult } from '../src/domain/stage.js';
import { ShipwayError } from '../src/errors.js';
import type { ProcessIdentity } from '../src/processes.js';
import { awaitJob, stopStrays, type JobEnd } from '../src/stage/await-job.js';
import { wellBehind } from '../src/stage/behind.js';
import { launched } from '../src/stage/launcher.js';
import { jobDir, runDir, writeResult } from '../src/stage/job-files.js';
import { shipOutput } from '../src/stage/output.js';
import { copyAhead } from '../src/stage/workspace.js';
import { together } from '../src/together.js';
import { Context } from '@temporalio/activity';
import { attempted } from './audit.js';
import { failed, kept } from './stage-results.js';
import { stageBeats, type StageBeats } from './stage-beats.js';
import { begin, type End, type Job, type StageDeps } from './stage-job.js';
import { outOfTime } from './stage-timeout.js';
import { unwanted } from './unwanted.js';

/**
 * Runs one stage's commands to their end, once on a machine: a retry attaches to what runs or collects what has ended. A worker that
 * goes away leaves them running for the next one. What a lost machine took with it is run again or not, as the stage's `on_lost` says.
 * Fails with `stage.failed` and `stage.report_failed`, which tell the evidence that there is, `stage.timeout`, `stage.lost`,
 * `stage.artifact_missing`, `stage.artifact_refused`, `stage.report_missing`, `stage.report_invalid`, `source.invalid`.
 */
export const runStage =
  (deps: StageDeps) =>
  (input: RunStageInput): Promise<RunStageResult> =>
    beatingJob((beats, signal) => runJob({ ...jobOf(deps, input), beats, signal, keep: kept }));

export async function beatingJob<T>(
  body: (beats: StageBeats, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const beats = stageBeats();
  try {
    return await body(beats, Context.current().cancellationSignal);
  } finally {
    beats.stop();
  }
}

export function jobOf(
  deps: StageDeps,
  input: RunStageInput,
): Pick<Job, 'deps' | 'input' | 'folder' | 'name'> {
  const name = { run: input.run, stage: input.stage.name, attempt: input.attempt };
  return { deps, input, name, folder: jobDir(deps.stageDir, name) };
}

/** Runs the commands, again when they were lost and may be, until they have ended. */
export async function runJob(job: Job): Promise<RunStageResult> {
  for (;;) {
    const begun = await begin(job);
    if (begun.kind === 'passed') return begun.result;
    const shipping = shipOutput(job.folder, job.name, job.deps.backend, job.input.stage.outputLimitBytes);
    const end = begun.kind === 'runs' ? await awaited(job, begun.process, shipping) : begun;
    if (end.kind === 'lost') await shipping.finish();
    else return finished(job, end, shipping);
  }
}

type Shipping = ReturnType<typeof shipOutput>;

/** Interrupted, the rest of the output is shipped if the command was stopped, and else left to whoever attaches next. */
async function awaited(job: Job, process: ProcessIdentity, shipping: Shipping): Promise<JobEnd> {
  const { folder, input, signal } = job;
  let stopped = false;
  const asked = async (): Promise<boolean> => (stopped = await unwanted());
  const ahead = setTimeout(() => {
    forNext(job);
  }, AHEAD_MS);
  try {
    return await awaitJob(folder, process, { timeoutMs: input.stage.timeoutMs, signal, unwanted: asked });
  } catch (error) {
    if (!stopped) await shipping.leave();
    else {
      await shipping.finish().catch(() => shipping.leave());
      tidy(job);
    }
    throw error;
  } finally {
    clearTimeout(ahead);
  }
}
/** A command that runs longer is joined by the copy of the source for the stage after it; a shorter one is not held up by it. */
const AHEAD_MS = 200;

/** All that was said and done is kept, then the verdict. What only spares time or disk is done behind the activity's back. */
async function finished(job: Job, end: End, shipping: Shipping): Promise<RunStageResult> {
  const { deps, input, folder, name } = job;
  const how = end.kind === 'ended' ? { exit_code: end.code } : { timed_out: true };
  const details = { stage: name.stage, attempt: name.attempt, ...how };
  const [outputBytes] = await together([
    shipping.finish(),
    deps.backend.audit([attempted(input, 'stage.result', details, { user: input.requestedBy })]),
    // What runs with other rights must not change what is read with the worker's.
    deps.user === undefined ? undefined : stopStrays(folder),
  ]);
  try {
    if (end.kind === 'timeout') throw outOfTime(input.stage, ' and was stopped');
    if (end.code !== 0) throw await failed(job, end.code);
    const result = await job.keep(job, outputBytes);
    forNext(job);
    tidy(job, result);
    return result;
  } catch (error) {
    if (error instanceof ShipwayError && !FAILURES[error.type].retried) tidy(job);
    throw error;
  }
}

/**
 * Once the result is written down, a retry that comes late needs the workspace no more; that of a stage that did not pass is in the
 * job's other files. What cannot be removed fails no stage. Removing files costs the machine more than a short stage does, so the stages
 * that follow at once come first.
 */
function tidy({ folder }: Job, result?: RunStageResult): void {
  const { log } = Context.current();
  const work = async (): Promise<void> => {
    if (result !== undefined) await writeResult(folder, result);
    await launched('removeTree', runDir(folder));
  };
  wellBehind(
    TIDY_MS,
    () => exclusive(folder, undefined, work),
    (error) => {
      log.warn('a workspace could not be removed', { folder, why: String(error) });
    },
  );
}

const TIDY_MS = 5_000;

function forNext({ deps, input }: Job): void {
  const { log } = Context.current();
  if (!input.followed) return;
  copyAhead(deps.stageDir, input.commit, (error) => {
    log.warn('no copy of the source was made ahead', { why: String(error) });
  });
}
