import { wayBack } from './going-back.js';
import type { Digest } from './release.js';
import type { Sighting } from './sighting.js';
import type { UnusedRelease } from './old.js';
import type { DeploymentRow } from './store.js';
import type { TargetState } from './target.js';

/** Why something old stays. */
export type Reason = 'live' | 'known_good' | 'way_back' | 'held' | 'under_way';

/** What a decision about old things looks at. */
export interface InUse {
  readonly targets: readonly TargetState[];
  /** Of each target, newest first: what a rollback would look at. */
  readonly deployments: readonly DeploymentRow[];
  /** Of runs that Temporal has open. */
  readonly runs: readonly string[];
}

interface Hold {
  readonly service: string;
  readonly digest: Digest;
  readonly reason: Reason;
}
interface Decided<T> {
  readonly go: readonly T[];
  /** How many stay, by the first reason that there is. */
  readonly kept: Readonly<Partial<Record<Reason, number>>>;
}

/** Which releases that nobody has built, shipped or served for their time may go. */
export function releasesToRemove(old: readonly UnusedRelease[], inUse: InUse): Decided<UnusedRelease> {
  const holds = holdsOf(inUse);
  return decided(old, (release) =>
    release.runs.some((run) => inUse.runs.includes(run))
      ? 'under_way'
      : holds.find((h) => h.service === release.service && h.digest === release.digest)?.reason,
  );
}

/** Which deployments' samples may go: not what shows why something is live, known good or held. */
export function samplesToRemove(
  old: readonly { readonly deployment: string; readonly samples: number }[],
  { targets, deployments }: InUse,
): Decided<{ readonly deployment: string; readonly samples: number }> {
  const open = deployments.filter(isOpen).map(({ id }) => id);
  const named: readonly (readonly [Reason, readonly (string | undefined)[]])[] = [
    ['live', targets.map((t) => t.live?.deployment)],
    ['known_good', targets.map((t) => t.knownGood?.deployment)],
    ['held', targets.flatMap((t) => t.holdMarks.map((mark) => mark.deployment))],
    ['under_way', open],
  ];
  return decided(old, ({ deployment }) => named.find(([, ids]) => ids.includes(deployment))?.[0]);
}

/** Releases that a host keeps unpacked, so that going back does not wait for it. */
export const releasesAtHand = (inUse: InUse): readonly Digest[] => [
  ...new Set(
    holdsOf(inUse)
      .filter(({ reason }) => reason !== 'held')
      .map(({ digest }) => digest),
  ),
];

/** In the order of how much depends on it. */
function holdsOf({ targets, deployments }: InUse): readonly Hold[] {
  const of = (reason: Reason, service: string, digest: Digest | undefined): readonly Hold[] =>
    digest === undefined ? [] : [{ service, digest, reason }];
  return [
    ...targets.flatMap((t) => of('live', t.service, t.live?.release.digest)),
    ...targets.flatMap((t) => of('known_good', t.service, t.knownGood?.release.digest)),
    ...targets.flatMap((t) => of('way_back', t.service, goesBackTo(t, deployments))),
    ...targets.flatMap((t) => t.holdMarks.flatMap((mark) => of('held', t.service, mark.digest))),
    ...deployments
      .filter(isOpen)
      .flatMap(({ service, release, replaces }) => [
        ...of('under_way', service, release.digest),
        ...of('under_way', service, replaces?.digest),
      ]),
  ];
}

/** What a rollback without `--to` would restore now. */
const goesBackTo = (target: TargetState, deployments: readonly DeploymentRow[]): Digest | undefined => {
  const own = deployments.filter(
    (row) => row.service === target.service && row.environment === target.environment,
  );
  return wayBack(target, own, undefined).chosen?.release.digest;
};

const isOpen = ({ outcome }: DeploymentRow): boolean => outcome === undefined;

function decided<T>(old: readonly T[], reasonOf: (one: T) => Reason | undefined): Decided<T> {
  const kept: Partial<Record<Reason, number>> = {};
  const go = old.filter((one) => {
    const reason = reasonOf(one);
    if (reason !== undefined) kept[reason] = (kept[reason] ?? 0) + 1;
    return reason === undefined;
  });
  return { go, kept };
}

/** How many of what were removed, or would be. */
export interface Removed {
  readonly count: number;
  /** Absent where only rows went: their content is counted as artifacts. */
  readonly bytes?: number;
}
export const KINDS = ['logs', 'samples', 'releases', 'messages', 'artifacts', 'unpacked_releases'] as const;
export type Kind = (typeof KINDS)[number];

/** Argument of workflow type `housekeeping`. */
export interface HousekeepingInput {
  /** Says what would go, and removes and records nothing. */
  readonly dryRun?: boolean;
  /** Looks at the targets alone, or at what all workers share, or sends messages to people. */
  readonly only?: 'drift' | 'sightings' | 'outbox';
}

/** What housekeeping has done, as its workflow last wrote it to its memo (key `view`), and its result. */
export interface HousekeepingView {
  readonly dryRun: boolean;
  readonly removed: Readonly<Partial<Record<Kind, Removed>>>;
  /** What is old and stays, by kind and why. */
  readonly kept: Readonly<Partial<Record<Kind, Readonly<Record<string, number>>>>>;
  /** Targets that are not as recorded. */
  readonly drift: readonly { readonly target: string; readonly what: readonly string[] }[];
  /** Hosts that nobody answered for. */
  readonly unanswered: readonly string[];
  /** What could not be looked at or tidied although its host answered, and why. */
  readonly failed?: readonly { readonly what: string; readonly why: string }[];
  /** What workers see, where that was asked for. */
  readonly sightings?: readonly Sighting[];
  /** Messages to people by how their attempt ended, where that was asked for. */
  readonly messages?: Readonly<Record<string, number>>;
  readonly done: boolean;
}
