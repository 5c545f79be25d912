import { needsOf, waitsFor } from './graph.js';
import type { Plan, StagePlan } from './plan.js';
import type { Digest } from './release.js';
import { sameWork } from './retry.js';
import type { ReleaseRow } from './store.js';
import { heldDigests, type HoldMark, type TargetState } from './target.js';

/** What is shipped instead of building a commit anew. */
export interface Reuse {
  readonly release: Digest;
  /** The run that built it. */
  readonly run: string;
  /** The environments in which it is known good. */
  readonly goodIn: readonly string[];
}

/**
 * Which of the releases built from one commit (newest first) is shipped: of those that none of the environments holds, the newest that
 * passed its bake somewhere, else the newest. Where all are held, the same of them: the worker refuses it. `undefined` when none was built.
 */
export function toReuse(
  rows: readonly ReleaseRow[],
  targets: readonly TargetState[],
  environments: readonly string[],
): Reuse | undefined {
  const digests = [...new Set(rows.map(({ release }) => release.digest))];
  const holds = heldDigests(marksIn(targets, environments));
  const free = digests.filter((d) => !holds.includes(d));
  const among = free.length > 0 ? free : digests;
  const digest = among.find((d) => goodIn(targets, d).length > 0) ?? among[0];
  const builder = rows.findLast(({ release }) => release.digest === digest);
  if (digest === undefined || builder === undefined) return undefined;
  return { release: digest, run: builder.run, goodIn: goodIn(targets, digest) };
}

/** Whether rules rolled a release back from one of these environments, be it with one configuration alone. */
export const isMarked = (
  digest: Digest,
  targets: readonly TargetState[],
  environments: readonly string[],
): boolean => marksIn(targets, environments).some((mark) => mark.digest === digest);

const marksIn = (targets: readonly TargetState[], environments: readonly string[]): readonly HoldMark[] =>
  targets.filter((t) => environments.includes(t.environment)).flatMap((t) => t.holdMarks);

const goodIn = (targets: readonly TargetState[], digest: Digest): readonly string[] =>
  targets.filter((t) => t.knownGood?.release.digest === digest).map((t) => t.environment);

/** A stage that a plan leaves to the runs that built its release, and that none of them has done as the plan has it. */
export function notDone({ stages }: Pick<Plan, 'stages'>, runs: readonly Plan[]): StagePlan | undefined {
  const done = new Set(runs.flatMap((run) => passedBefore(run).map(sameWork)));
  return stages.find((stage) => stage.reused !== undefined && !done.has(sameWork(stage)));
}

/** What a run had behind it when it recorded a release: the first that needs one has waited for it. */
function passedBefore(plan: Plan): readonly StagePlan[] {
  const first = plan.stages.find(
    ({ kind, skipped }) => (kind === 'approve' || kind === 'deploy') && skipped === undefined,
  );
  const before = first && waitsFor(needsOf(plan)).get(first.name);
  return plan.stages.filter((stage) => wasRun(stage) && before?.has(stage.name) === true);
}

const wasRun = ({ skipped, reused }: StagePlan): boolean => skipped === undefined && reused === undefined;
