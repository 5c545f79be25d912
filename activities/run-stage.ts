import { exclusive } from '../src/exclusive.js';
import { packArtifacts } from '../src/adapters/artifacts/tar.js';
import { FAILURES } from '../src/domain/failures.js';
import type { Evidence } from '../src/domain/release.js';
import type { RunStageInput, RunStageResult } from '../src/domain/stage.js';
import { ShipwayError } from '../src/errors.js';
import type { ProcessIdentity } from '../src/processes.js';
import { awaitJob, stopStrays, type JobEnd } from '../src/stage/await-job.js';
import { wellBehind } from '../src/stage/behind.js';
import { keepCaches } from '../src/stage/caches.js';
import { launched } from '../src/stage/launcher.js';
import { jobDir, readResult, runDir, workspaceDir, writeResult } from '../src/stage/job-files.js';
import { shipOutput } from '../src/stage/output.js';
import { copyAhead } from '../src/stage/workspace.js';
import { together } from '../src/together.js';
import { Context } from '@temporalio/activity';
import { attempted } from './audit.js';
import { collectReports } from './reports.js';
import { stageBeats } from './stage-beats.js';
import { begin, workspaceOf, type End, type Job, type StageDeps } from './stage-job.js';
import { unwanted } from './unwanted.js';

/**
 * Runs one stage's commands to their end, once on a machine: a retry attaches to what runs or collects what has ended. A worker that
 * goes away leaves them running for the next one. What a lost machine took with it is run again or not, as the stage's `on_lost` says.
 * Fails with `stage.failed` and `stage.report_failed`, which tell the evidence that there is, `stage.timeout`, `stage.lost`,
 * `stage.artifact_missing`, `stage.artifact_refused`, `stage.report_missing`, `stage.report_invalid`, `source.invalid`.
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

/** Runs the commands, again when they were lost and may be, until they have ended. */
async function run(job: Job): Promise<RunStageResult> {
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
  ]);
  try {
    // What runs with other rights must not change what is read with the worker's.
    if (deps.user !== undefined) await stopStrays(folder);
    if (end.kind === 'timeout') throw outOfTime(input);
    if (end.code !== 0) throw await failed(job, end.code);
    const result = await kept(job, outputBytes);
    forNext(job);
    tidy(job, result);
    return result;
  } catch (error) {
    if (error instanceof ShipwayError && !FAILURES[error.type].retried) tidy(job);
    throw error;
  }
}

const outOfTime = ({ stage }: RunStageInput): ShipwayError =>
  new ShipwayError(
    'stage.timeout',
    `stage ${stage.name} ran longer than ${String(stage.timeoutMs / 1000)} s and was stopped`,
  );
/** What the reports of a failed stage say is told too; that they are not there is no wonder. */
async function failed(job: Job, code: number): Promise<ShipwayError> {
  const { run: id, stage } = job.input;
  const evidence = await exclusive(job.folder, job.signal, () => collected(job)).catch((error: unknown) => {
    if (error instanceof ShipwayError && !FAILURES[error.type].retried) return [];
    throw error;
  });
  const said = evidence.map(({ summary }) => `; ${summary}`).join('');
  return new ShipwayError(
    'stage.failed',
    `stage ${stage.name}: exit code ${String(code)}${said} (output: shipway logs ${id} --stage ${stage.name})`,
    evidence.length === 0 ? {} : { details: evidence },
  );
}

/** What the reports say that the stage declares. */
const collected = ({ deps, input: { stage }, folder }: Job): Promise<readonly Evidence[]> =>
  collectReports(deps.backend, workspaceDir(folder), stage);

/** What the stage leaves to later ones. Two attempts at once, of which one was given up, take turns with what tidies up. */
async function kept(job: Job, outputBytes: number): Promise<RunStageResult> {
  const { folder, signal } = job;
  const { name, artifacts: declared, cache, reports } = job.input.stage;
  if (declared.length + cache.length === 0 && reports === undefined) return { outputBytes };
  return exclusive(folder, signal, async () => {
    const known = readResult(folder);
    if (known !== undefined) return known;
    const evidence = await collected(job);
    refuseFailed(name, evidence);
    const artifacts = await packed(job);
    await keepCaches(workspaceOf(job), workspaceDir(folder)).catch((error: unknown) => {
      Context.current().log.warn('caches could not be kept', { why: String(error) });
    });
    return {
      outputBytes,
      ...(artifacts === undefined ? {} : { artifacts }),
      ...(reports === undefined ? {} : { evidence }),
    };
  });
}

/** A command that ends well while its report says otherwise has swallowed a failure. */
function refuseFailed(stage: string, evidence: readonly Evidence[]): void {
  const bad = evidence.filter(({ verdict }) => verdict !== 'pass');
  if (bad.length === 0) return;
  const said = bad.map(({ summary }) => summary).join('; ');
  throw new ShipwayError(
    'stage.report_failed',
    `stage ${stage} ended with exit code 0, and its report says: ${said}`,
    { details: evidence },
  );
}

async function packed({ deps, input: { stage }, folder }: Job): Promise<RunStageResult['artifacts']> {
  if (stage.artifacts.length === 0) return undefined;
  const content = packArtifacts(workspaceDir(folder), stage.artifacts);
  return { stage: stage.name, ...(await deps.backend.putArtifact(content)) };
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
