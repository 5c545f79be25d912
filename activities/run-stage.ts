import { Context } from '@temporalio/activity';
import { packArtifacts } from '../src/adapters/artifacts/tar.js';
import type { RunStageInput, RunStageResult, StageBackend } from '../src/domain/stage.js';
import { ShipwayError } from '../src/errors.js';
import {
  forgetJob,
  inspectJob,
  jobDir,
  noteResult,
  readResult,
  type JobName,
  type JobState,
} from '../src/stage/job-files.js';
import { awaitJob, startJob } from '../src/stage/job.js';
import { shipOutput, type Shipping } from '../src/stage/output.js';
import { keepCaches, makeWorkspace, type WorkspaceOptions } from '../src/stage/workspace.js';
import type { ArtifactRef } from '../src/domain/release.js';
import type { ProcessIdentity } from '../src/processes.js';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempted } from './audit.js';

export interface StageDeps {
  readonly backend: StageBackend;
  readonly stageDir: string;
  /** This machine: where a job's folder and process are. */
  readonly hostId: string;
}
/** What a heartbeat carries: where the command runs. */
interface Beat {
  readonly host: string;
}
const BEAT_MS = 1_000;

/**
 * Runs one stage's commands to their end, once on a machine: a retry attaches to what runs or collects what has ended. What a lost machine
 * took with it is run again or not, as the stage's `on_lost` says. Fails with `stage.failed`, `stage.timeout`, `stage.lost`,
 * `stage.artifact_missing`, `stage.artifact_refused`, `source.invalid`.
 */
export const runStage =
  (deps: StageDeps) =>
  async (input: RunStageInput): Promise<RunStageResult> => {
    const last = Context.current().info.heartbeatDetails as Beat | undefined;
    const timer = setInterval(() => {
      beat(deps);
    }, BEAT_MS);
    beat(deps);
    try {
      const job = jobDir(deps.stageDir, nameOf(input));
      const result =
        (await readResult(job)) ??
        (await run(deps, input, job, last !== undefined && last.host !== deps.hostId));
      await rm(join(job, 'workspace'), { recursive: true, force: true });
      return result;
    } finally {
      clearInterval(timer);
    }
  };

const beat = ({ hostId }: StageDeps): void => {
  Context.current().heartbeat({ host: hostId } satisfies Beat);
};

const nameOf = ({ run, stage, attempt }: RunStageInput): JobName => ({ run, stage: stage.name, attempt });

async function run(
  deps: StageDeps,
  input: RunStageInput,
  job: string,
  elsewhere: boolean,
): Promise<RunStageResult> {
  const { backend, stageDir } = deps;
  const { stage } = input;
  const signal = Context.current().cancellationSignal;
  const { service, commit, source, artifacts: made } = input;
  const workspace: WorkspaceOptions = {
    ...{ stageDir, backend, service, commit, source, artifacts: made },
    cache: stage.cache,
    directory: job,
  };
  const process = await begun(deps, input, job, workspace, elsewhere, signal);
  const shipping = shipOutput(job, nameOf(input), backend);
  const code = typeof process === 'number' ? process : await awaited(job, process, stage.timeoutMs, shipping);
  const outputBytes = await shipping.finish();
  const details = { stage: stage.name, attempt: input.attempt, exit_code: code };
  await backend.audit([attempted(input, 'stage.result', details, { user: input.requestedBy })]);
  if (code !== 0)
    throw new ShipwayError(
      'stage.failed',
      `stage ${stage.name}: exit code ${String(code)} (output: shipway logs ${input.run} --stage ${stage.name})`,
    );
  const artifacts = await kept(backend, stage, join(job, 'workspace'));
  await keepCaches(workspace, join(job, 'workspace'));
  const result = { outputBytes, ...(artifacts === undefined ? {} : { artifacts }) };
  await noteResult(job, result);
  return result;
}

/** The exit code. Its output is left to the next attempt when this one is stopped. */
async function awaited(
  job: string,
  process: ProcessIdentity,
  timeoutMs: number,
  shipping: Shipping,
): Promise<number> {
  try {
    return await awaitJob(job, process, timeoutMs, Context.current().cancellationSignal);
  } catch (error) {
    await shipping.leave();
    throw error;
  }
}

/** The runner of the job, started if need be; or the exit code when it has ended already. */
async function begun(
  deps: StageDeps,
  input: RunStageInput,
  job: string,
  workspace: WorkspaceOptions,
  elsewhere: boolean,
  signal: AbortSignal,
): Promise<ProcessIdentity | number> {
  const { stage } = input;
  const state = await inspectJob(job);
  if (state.kind === 'running') return state.process;
  if (state.kind === 'ended') return state.code;
  if (isLost(state, elsewhere)) {
    if (stage.onLost === 'fail')
      throw new ShipwayError('stage.lost', `what ran stage ${stage.name} is gone, and on_lost is fail`);
    await forgetJob(job);
  }
  await deps.backend.audit([
    attempted(
      input,
      'stage.intent',
      { stage: stage.name, attempt: input.attempt, script: stage.script },
      { user: input.requestedBy },
    ),
  ]);
  const directory = await makeWorkspace(workspace, signal);
  return startJob(job, { script: stage.script, workspace: directory, environment: environmentOf(input) });
}

const isLost = (state: JobState, elsewhere: boolean): boolean => state.kind === 'lost' || elsewhere;

/** Nothing of the worker's own environment but the way to programs. */
function environmentOf({
  stage,
  service,
  environment,
  version,
  commit,
  run: id,
}: RunStageInput): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    CI: 'true',
    ...stage.environment,
    SHIPWAY_SERVICE: service,
    SHIPWAY_ENVIRONMENT: environment,
    SHIPWAY_VERSION: version,
    SHIPWAY_COMMIT: commit,
    SHIPWAY_RUN: id,
    SHIPWAY_STAGE: stage.name,
    SHIPWAY_IDEMPOTENCY_KEY: `${id}/${stage.name}`,
  };
}

async function kept(
  backend: StageBackend,
  stage: RunStageInput['stage'],
  workspace: string,
): Promise<ArtifactRef | undefined> {
  if (stage.artifacts.length === 0) return undefined;
  const { digest, bytes } = await backend.putArtifact(packArtifacts(workspace, stage.artifacts));
  return { stage: stage.name, digest, bytes };
}
