import type { Pace } from './gradual.js';
import type { Emergency } from './incident.js';
import { canonical } from './canonical.js';
import type { Drift } from './drift.js';
import type { TargetRef } from './ids.js';
import type { Ended } from './outcome.js';
import type { Configuration, DeploymentPlan } from './plan.js';
import type { Evidence, Release, Digest } from './release.js';
import type { Person, Statement } from './statement.js';

export type Slot = 'blue' | 'green';
export const otherSlot = (slot: Slot): Slot => (slot === 'blue' ? 'green' : 'blue');
/** Where a candidate goes, beside what serves. */
export const idleSlot = (serving: { readonly slot: Slot } | undefined): Slot =>
  serving === undefined ? 'blue' : otherSlot(serving.slot);

/** A release as it serves: where, with what configuration, since when, put there by which deployment. */
export interface Live {
  readonly release: Release;
  readonly slot: Slot;
  readonly configuration: Configuration;
  readonly deployment: string;
  readonly since: string;
}

/** Rules rolled this release back: automation may not ship it to this target again. */
export interface HoldMark {
  readonly digest: Digest;
  readonly version: string;
  readonly deployment: string;
  readonly reason: string;
  readonly at: string;
  /** It served well with another configuration, so only this one is held. */
  readonly configuration?: Configuration;
}

/** The mark that keeps a release from being shipped with this configuration. */
export const markOn = (
  marks: readonly HoldMark[],
  digest: Digest,
  configuration: Configuration,
): HoldMark | undefined =>
  marks.find(
    (mark) =>
      mark.digest === digest &&
      (mark.configuration === undefined || canonical(mark.configuration) === canonical(configuration)),
  );

/** Digests that are held whatever their configuration. */
export const heldDigests = (marks: readonly HoldMark[]): readonly Digest[] =>
  marks.filter(({ configuration }) => configuration === undefined).map(({ digest }) => digest);

/** What a target must not lose. Kept in the store; the workflow is its cache and its lock. */
export interface TargetState extends TargetRef {
  readonly schema: 1;
  readonly live?: Live;
  /** The newest release that passed its bake. */
  readonly knownGood?: Live;
  readonly holdMarks: readonly HoldMark[];
  readonly nextN: number;
  /** Counts the saves of this record; 0: it was never saved. */
  readonly revision: number;
  /** The host whose worker runs this target's instances, for a provider of one host. */
  readonly host?: string;
  /** How the world differed from this record when it was last looked at; absent: it did not. */
  readonly drift?: Drift;
}

/** Why this version can't work with a record that was read, or `undefined` when it can: what it does not know it would lose. */
export const tooNew = ({ schema, ...ref }: { readonly schema: number } & TargetRef): string | undefined =>
  schema <= SCHEMA
    ? undefined
    : `the record of ${ref.service} in ${ref.environment} has form ${String(schema)}, this version knows ${String(SCHEMA)}`;
const SCHEMA: TargetState['schema'] = 1;
export const newTarget = ({ service, environment }: TargetRef): TargetState => ({
  ...{ schema: 1, service, environment, holdMarks: [], nextN: 1, revision: 0 },
});

export interface DeployRequest extends TargetRef {
  /** Stable over repeats: `<run>/<stage>/<how often it was asked anew>`. */
  readonly requestId: string;
  readonly run: string;
  readonly pipeline: string;
  readonly requestedBy: Person;
  /** E-mail of the commit's author. */
  readonly author: string;
  readonly planHash: Digest;
  readonly release: Release;
  readonly evidence: readonly Evidence[];
  readonly plan: DeploymentPlan;
  /** The decision that people approved, and their statements; absent where the policy asks for none. */
  readonly approval?: { readonly decision: Digest; readonly statements: readonly Statement[] };
}

/** A person's wish to go back. On a running deployment it is a message to it; on an idle target it is a deployment of its own. */
export interface RollbackRequest extends TargetRef {
  readonly requestId: string;
  readonly statement: Statement;
  readonly reason: string;
  /** The version to go back to; absent: the newest known good before the live one. */
  readonly to?: string;
  /** Absent: as the configuration of what serves says. */
  readonly pace?: Pace;
  /** The last change is bad for users now: an incident is opened, and what serves then is looked at. */
  readonly emergency?: Emergency;
}

/** A person's wish that what serves be recorded as live. */
export interface AdoptRequest extends TargetRef {
  readonly statement: Statement;
}

export interface Finished extends Ended {
  readonly status: 'finished';
  readonly deployment: string;
}
/** What a target says to a request, the same for every repeat of it. */
export type TargetAnswer =
  | { readonly status: 'queued'; readonly position: number; readonly holder: string }
  | { readonly status: 'running'; readonly deployment: string }
  | { readonly status: 'refused'; readonly type: string; readonly message: string }
  | Finished;

/** What a request that could not be admitted is answered. One that nobody waits for any more has ended with its run. */
export const refusalAnswer = (type: string, message: string): TargetAnswer =>
  type === 'request.abandoned'
    ? { status: 'finished', deployment: '', outcome: 'aborted', reason: message }
    : { status: 'refused', type, message };
