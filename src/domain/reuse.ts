import type { Digest } from './release.js';
import type { ReleaseRow } from './store.js';
import { heldDigests, type TargetState } from './target.js';

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
  const holds = targets
    .filter((t) => environments.includes(t.environment))
    .flatMap((t) => heldDigests(t.holdMarks));
  const free = digests.filter((d) => !holds.includes(d));
  const among = free.length > 0 ? free : digests;
  const digest = among.find((d) => goodIn(targets, d).length > 0) ?? among[0];
  const builder = rows.findLast(({ release }) => release.digest === digest);
  if (digest === undefined || builder === undefined) return undefined;
  return { release: digest, run: builder.run, goodIn: goodIn(targets, digest) };
}

const goodIn = (targets: readonly TargetState[], digest: Digest): readonly string[] =>
  targets.filter((t) => t.knownGood?.release.digest === digest).map((t) => t.environment);
