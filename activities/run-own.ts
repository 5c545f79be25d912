import { Readable } from 'node:stream';
import { Context } from '@temporalio/activity';
import { packArtifacts } from '../src/adapters/artifacts/tar.js';
import { ownOf, type Extensions } from '../src/domain/adapters.js';
import { canonical } from '../src/domain/canonical.js';
import type { StageAnswer, StageKind } from '../src/domain/own-stage.js';
import type { ArtifactRef, Evidence } from '../src/domain/release.js';
import type { RunOwnInput, RunOwnResult } from '../src/domain/stage.js';
import { ShipwayError } from '../src/errors.js';
import { NOTHING_SHIPPED, forgetJob, jobDir, writeShipped } from '../src/stage/job-files.js';
import { shipOutput } from '../src/stage/output.js';
import { makeWorkspace } from '../src/stage/workspace.js';
import { attempted } from './audit.js';
import { answerOf, notPassed } from './own-answer.js';
import { beatingJob } from './run-stage.js';
import { MOST_RERUNS, type StageDeps } from './stage-job.js';
import type { StageBeats } from './stage-beats.js';
import { releaseDigest } from './release-digest.js';
import { unwanted } from './unwanted.js';

export interface OwnDeps extends StageDeps {
  /** What users have added to this worker. */
  readonly kinds?: Extensions['stages'];
}

/** Says whether this worker has all of these kinds. Fails with `stage.unknown`, naming those that it has not. */
export const stagesKnown =
  ({ kinds }: Pick<OwnDeps, 'kinds'>) =>
  ({ uses }: { readonly uses: readonly string[] }): Promise<void> =>
    Promise.resolve().then(() => {
      const unknown = uses.filter((name) => ownOf(kinds, name) === undefined);
      if (unknown.length > 0) throw unknownKind(unknown.join(', '));
    });

/**
 * Runs a stage of a user's own kind in this process. One whose worker died begins anew, with the same idempotency key. What it throws is
 * the stage's failure and never shipway's. Fails with `stage.failed`, which tells the evidence that there is, `stage.timeout`,
 * `stage.unknown`, `stage.lost`, `stage.artifact_missing`, `stage.artifact_refused`, `source.invalid`, `store.unavailable`.
 */
export const runOwn =
  (deps: OwnDeps) =>
  (input: RunOwnInput): Promise<RunOwnResult> =>
    beatingJob(async (beats, cancelled) => {
      const kind = ownOf(deps.kinds, input.stage.uses);
      if (kind === undefined) throw unknownKind(input.stage.uses);
      const reruns = rerunsOf(beats, input);
      beats.note({ host: deps.hostId, reruns });
      try {
        return await worked(deps, input, kind, cancelled);
      } catch (error) {
        // It ended here in order: the next one does not take it for lost.
        beats.note({ reruns });
        beats.say();
        throw error;
      }
    });

const unknownKind = (uses: string): ShipwayError =>
  new ShipwayError('stage.unknown', `this worker was not given the stage kind ${uses}`);

/** How often its worker died under it, this time included. */
function rerunsOf(beats: StageBeats, { stage }: RunOwnInput): number {
  const { host, reruns } = beats.last();
  if (host === undefined) return reruns;
  if (reruns < MOST_RERUNS) return reruns + 1;
  throw new ShipwayError(
    'stage.lost',
    `what ran stage ${stage.name} was lost ${String(reruns + 1)} times; it may have taken its worker down`,
  );
}

/** Tries that Temporal makes are told apart by this: what each says is kept, one after the other. */
const SEQ_PER_TRY = 1_000_000;
const MOST_TRIES = 2_000;

async function worked(
  deps: OwnDeps,
  input: RunOwnInput,
  kind: StageKind,
  cancelled: AbortSignal,
): Promise<RunOwnResult> {
  const { backend, stageDir } = deps;
  const { run, stage, attempt } = input;
  const name = { run, stage: stage.name, attempt };
  const tried = Context.current().info.attempt;
  const job = `${jobDir(stageDir, name)}-${String(tried)}`;
  const user = { user: input.requestedBy };
  const details = { stage: stage.name, attempt, uses: stage.uses };
  await backend.audit([attempted(input, 'stage.intent', details, user)]);
  try {
    await forgetJob(job);
    const { service, commit, source, artifacts } = input;
    const place = { stageDir, backend, service, commit, source, artifacts, cache: [], job };
    const workspace = await makeWorkspace(place, cancelled);
    await writeShipped(job, {
      ...NOTHING_SHIPPED,
      seq: Math.min(tried - 1, MOST_TRIES) * SEQ_PER_TRY,
    });
    const answer = await shipping(deps, job, name, () =>
      answerOf(kind, input, { job, workspace }, cancelled),
    );
    await backend.audit([attempted(input, 'stage.result', { ...details, passed: answer.passed }, user)]);
    return await kept(deps, input, workspace, answer);
  } finally {
    await forgetJob(job);
  }
}

/** What it logs is shipped while it is at work, and to its end unless another worker goes on. */
async function shipping(
  { backend }: OwnDeps,
  job: string,
  name: Parameters<typeof shipOutput>[1],
  work: () => Promise<StageAnswer>,
): Promise<StageAnswer> {
  const output = shipOutput(job, name, backend);
  try {
    const answer = await work();
    await output.finish();
    return answer;
  } catch (error) {
    const goesOn = Context.current().cancellationSignal.aborted && !(await unwanted());
    await (goesOn ? output.leave() : output.finish().catch(() => output.leave()));
    throw error;
  }
}

/**
 * What the stage leaves, and its evidence, which is of all that it was given and leaves. Fails with `stage.failed` when it did not pass.
 */
async function kept(
  { backend, maxArtifactBytes }: OwnDeps,
  input: RunOwnInput,
  workspace: string,
  answer: StageAnswer,
): Promise<RunOwnResult> {
  const { stage } = input;
  const { passed, reason } = answer;
  const leaves = passed && stage.artifacts.length > 0;
  const packed = leaves
    ? await backend.putArtifact(packArtifacts(workspace, stage.artifacts, maxArtifactBytes))
    : undefined;
  const artifacts = packed && { stage: stage.name, ...packed };
  const found = stage.evidence ? [await evidenceOf({ backend }, input, answer, artifacts)] : [];
  if (!passed) throw notPassed(input, reason, stage.evidence ? found : undefined);
  return { reason, evidence: found, ...(artifacts === undefined ? {} : { artifacts }) };
}

async function evidenceOf(
  { backend }: Pick<OwnDeps, 'backend'>,
  { service, stage: { name: stage, uses }, artifacts }: RunOwnInput,
  { passed, reason, details = null }: StageAnswer,
  left: ArtifactRef | undefined,
): Promise<Evidence> {
  const of = releaseDigest(service, left === undefined ? artifacts : [...artifacts, left]);
  const judged = { verdict: passed ? 'pass' : 'fail', summary: reason } as const;
  const content = canonical({ kind: 'own', stage, uses, of, ...judged, details });
  const { digest } = await backend.putArtifact(Readable.from(Buffer.from(content)));
  return { kind: 'own', stage, uses, digest, of, ...judged };
}
