import { standing } from './evidence.js';
import type { Digest, Evidence } from './release.js';
import type { ReleaseRow } from './store.js';
import type { HoldMark, TargetState } from './target.js';

/** A release as people look for it: what it is, who built it, what is known of it, and where it is. */
export interface ReleaseView {
  readonly digest: Digest;
  /** Every name it was built or shipped under, newest first. */
  readonly versions: readonly string[];
  readonly commit: string;
  /** The run that built it, and when. */
  readonly run: string;
  readonly createdAt: string;
  readonly evidence: readonly Evidence[];
  /** Environments in which it serves, in which it passed its bake, and in which rules rolled it back. */
  readonly live: readonly string[];
  readonly knownGood: readonly string[];
  readonly held: readonly string[];
}

/** One view a release, newest first, of the rows of its runs (newest first). */
export function releaseViews(
  rows: readonly ReleaseRow[],
  targets: readonly TargetState[],
): readonly ReleaseView[] {
  const digests = [...new Set(rows.map(({ release }) => release.digest))];
  return digests.flatMap((digest) => {
    const own = rows.filter(({ release }) => release.digest === digest);
    const builder = own.at(-1);
    if (builder === undefined) return [];
    const { release, run, createdAt } = builder;
    const where = (is: (target: TargetState) => boolean): readonly string[] =>
      targets.filter(is).map(({ environment }) => environment);
    return [
      {
        digest,
        versions: [...new Set(own.map((row) => row.release.version))],
        ...{ commit: release.commit, run, createdAt, evidence: evidenceOf(own) },
        live: where((t) => t.live?.release.digest === digest),
        knownGood: where((t) => t.knownGood?.release.digest === digest),
        held: targets.flatMap(({ environment, holdMarks }) =>
          holdMarks.filter((m) => m.digest === digest).map((m) => heldWhere(environment, m)),
        ),
      },
    ];
  });
}

const heldWhere = (environment: string, { configuration, deployment }: HoldMark): string =>
  configuration === undefined ? environment : `${environment} (as ${deployment} configured it)`;

/** What stands of all that the runs of a release found (rows: newest first). */
export const evidenceOf = (rows: readonly ReleaseRow[]): readonly Evidence[] =>
  standing(rows.toReversed().flatMap(({ evidence }) => evidence));
