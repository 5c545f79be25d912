import { VERSION, isTagOf, type TargetRef } from './ids.js';
import type { Person } from './statement.js';
import type { Outcome } from './outcome.js';
import type { Plan } from './plan.js';
import type { Digest } from './release.js';

export const HOOK_PROVIDERS = ['github', 'gitlab'] as const;
export type HookProvider = (typeof HOOK_PROVIDERS)[number];

/** Where a worker finds a credential of its own: an environment variable's name, or the absolute path of a file. */
export type CredentialRef = string;

/** A repository that workers fetch for triggers, by the service it is of; from the policy, never from a request. */
export interface Repository {
  /** `https://…`, `ssh://…`, `user@host:path`, or the absolute path of a repository on the worker's host. */
  readonly url: string;
  /** The configuration in it. */
  readonly file: string;
  /** Fetches it; `user:password`, or a token alone. */
  readonly credential?: CredentialRef;
  readonly provider?: HookProvider;
  /** Its full name there: `acme/storefront`. */
  readonly project?: string;
  /** Absent: no push starts anything. */
  readonly hook?: {
    readonly secret: CredentialRef;
    readonly branches: readonly string[];
    /** Patterns of tags that are versions; absent: none. */
    readonly tags?: readonly string[];
    /** Absent: those that the stage `deploy` leads through. */
    readonly environment?: string;
  };
  /** What may be shipped by the clock; absent: every branch, to every environment of the policy. */
  readonly schedule?: {
    readonly branches: readonly string[];
    /** Absent: every environment of the policy. */
    readonly environments?: readonly string[];
  };
  /** Absent: no status is written back. */
  readonly status?: { readonly token: CredentialRef; readonly api: string };
}

/** Why the policy does not let a branch be shipped by the clock to these environments, or `undefined` when it does. */
export function notScheduled(
  { schedule }: Pick<Repository, 'schedule'>,
  {
    service,
    branch,
    environments,
  }: { readonly service: string; readonly branch: string; readonly environments: readonly string[] },
): string | undefined {
  if (schedule === undefined) return undefined;
  if (!schedule.branches.includes(branch))
    return `the policy lets no schedule ship ${branch} of ${service}, only ${listed(schedule.branches)}`;
  const outside = environments.find((one) => schedule.environments?.includes(one) === false);
  return outside === undefined
    ? undefined
    : `the policy lets no schedule ship ${service} to ${outside}, only to ${listed(schedule.environments ?? [])}`;
}
const listed = (names: readonly string[]): string => names.join(', ');

/** What is shipped of a repository: what a branch is at, or a tag, whose name is then the version. */
export type Named = { readonly branch: string } | { readonly tag: string };
export const nameOf = (named: Named): string => ('tag' in named ? named.tag : named.branch);

/** Why a push starts nothing, or `undefined` when it does. */
export function unheeded({ hook }: Pick<Repository, 'hook'>, named: Named): string | undefined {
  if (!('tag' in named))
    return hook?.branches.includes(named.branch) === true
      ? undefined
      : `a push to ${named.branch} starts nothing`;
  const { tag } = named;
  if (hook?.tags?.some((pattern) => isTagOf(pattern, tag)) !== true) return `the tag ${tag} starts nothing`;
  return VERSION.test(tag) ? undefined : `the tag ${tag} cannot be a version`;
}

/** A push as its provider tells it, verified. */
export type Push = Named & Pushed;
interface Pushed {
  readonly before: string;
  /** What it is at now: a commit, or the object of an annotated tag. */
  readonly after: string;
  /** Who pushed, by name at the provider, and every name and address beside it. */
  readonly pusher: Person;
  readonly alsoKnownAs: readonly string[];
}

/** Why a run is to be started while nobody sits at a terminal. */
export type Cause =
  | ({ readonly kind: 'push'; readonly provider: HookProvider; readonly delivery: string } & Push)
  | {
      readonly kind: 'schedule';
      readonly name: string;
      /** Whoever made the schedule. */
      readonly by: Person;
      readonly branch: string;
      /** Absent: those that the stage `deploy` leads through. */
      readonly environment?: string;
    };

/** Argument of workflow type `trigger`. */
export interface TriggerInput {
  readonly service: string;
  readonly cause: Cause;
}

/** Another argument of `trigger`: a run that somebody has begun anew of one that a trigger began. It starts nothing. */
export interface Following {
  readonly service: string;
  readonly follows: string;
}

/** A push of a branch says its commit; what a tag stands for, and what a branch is at, is asked of the repository. */
export const commitSaid = (cause: Cause): string =>
  cause.kind === 'push' && 'branch' in cause ? cause.after : '';

/** The same with the commit that it is about, which stays the one it was found to be. */
export interface Resolved extends TriggerInput {
  readonly commit: string;
}

/** The run that a trigger has started. */
export interface Triggered extends TargetRef {
  readonly run: string;
  readonly commit: string;
}

/** What a client would do at its terminal, done by a worker: nothing of a repository is run, only read. */
export interface Sources {
  /**
   * What a branch or a tag is at now: its own object, and the commit that this is or stands for. Fails with `repository.unavailable`,
   * `credential.missing`, `repository.refused`.
   */
  readonly headOf: (repository: Repository, named: Named, signal: AbortSignal) => Promise<Head>;
  /**
   * Fetches a repository, resolves the plan from its configuration in the commit and keeps the source in the artifact store. Fails with
   * those, `commit.unknown` and `store.unavailable`.
   */
  readonly prepare: (wanted: Wanted, signal: AbortSignal) => Promise<Prepared>;
}
export interface Head {
  readonly object: string;
  readonly commit: string;
}
export interface Wanted {
  readonly service: string;
  readonly repository: Repository;
  readonly named: Named;
  readonly commit: string;
  readonly environment?: string;
  readonly askedBy: readonly string[];
}
export interface Prepared {
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly source: Digest;
  readonly ancestors: Digest;
}

/** What a trigger's run is asked for by: nobody's name at a terminal, and no name that a person could have. */
export const requesterOf = (cause: Cause): Person =>
  cause.kind === 'push' ? `hook:${cause.provider}/${cause.pusher}` : `schedule:${cause.name}`;

/** Who had a machine ask, by every name known: they may approve as little as whoever asks in person. */
export const askersOf = (cause: Cause): readonly Person[] =>
  cause.kind === 'push' ? [...new Set([cause.pusher, ...cause.alsoKnownAs])] : [cause.by];

/**
 * What makes a push the same push: the step of a branch or a tag. It is signed, other than the id of its delivery, so a body that is sent
 * again under any id is known.
 */
export const pushText = (service: string, push: Push): string =>
  ['tag' in push ? 'tag' : 'push', service, nameOf(push), push.before, push.after].join('\n');

/** Of a push, `key` is the hash of its text; a schedule's ids get the instant added by Temporal. */
export const triggerId = (service: string, key: string): string => `trigger/${service}/${key}`;

/** The run of a trigger, by its version: the same however often it is tried. `hash` is that of the trigger's workflow id. */
export const triggeredRun = (cause: Cause, commit: string, hash: Digest): string =>
  `${'tag' in cause ? cause.tag.slice(0, MOST_OF_TAG) : commit.slice(0, 12)}-${hash.slice(0, 8)}`;
const MOST_OF_TAG = 80;

export const schedulePrefix = (service: string): string => `schedule/${service}/`;
export const scheduleId = (service: string, name: string): string => `${schedulePrefix(service)}${name}`;

/** How it went, as whoever looks at the commit is to read it; cancelled: nobody's fault, and not shipped. */
export type StatusState = 'pending' | 'success' | 'failure' | 'cancelled';

/** What is shown at a commit. */
export interface CommitStatus {
  readonly commit: string;
  readonly state: StatusState;
  /** The same name is the same status, which a later one replaces. */
  readonly context: string;
  readonly description: string;
  readonly link?: string;
}
const MOST_DESCRIPTION = 140;

/** On one line, and as long as both providers take it. */
export function statusText(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MOST_DESCRIPTION ? line : `${line.slice(0, MOST_DESCRIPTION - 1)}…`;
}

export function stateOf(outcome: Outcome): StatusState {
  switch (outcome) {
    case 'shipped':
      return 'success';
    case 'aborted':
    case 'superseded':
      return 'cancelled';
    case 'failed':
    case 'rejected':
    case 'expired':
    case 'rolled_back':
      return 'failure';
  }
}
