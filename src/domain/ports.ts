import type { FlagDeclaration, FlagRule, FlagState } from './flags.js';
import type { TargetRef } from './ids.js';
import type { Configuration, Probe, Share, UserKey } from './plan.js';
import type { Digest, Release } from './release.js';
import type { Person } from './statement.js';
import type { Slot } from './target.js';
import type { CommitStatus } from './trigger.js';
import type { SlotUsage } from './usage.js';

/** The world behind small interfaces. Every method converges (twice is once) and takes an `AbortSignal`. */
export type { MetricSource, Watched } from './metric-source.js';

export interface Instance {
  readonly id: string;
  /** Where the router reaches it: `http://127.0.0.1:41234`. */
  readonly url: string;
  /** `gone`: it has ended by itself. `lost`: with its host (a reboot, a container started anew, an orderly end), which says nothing about it. */
  readonly state: 'starting' | 'ready' | 'not_ready' | 'gone' | 'lost';
  /** ISO instant of its start: unchanged means it was not restarted. */
  readonly startedAt: string;
}
export interface ObservedSlot {
  readonly slot: Slot;
  readonly release: Digest;
  readonly version: string;
  /** sha256 of the canonical configuration the instances run with. */
  readonly configuration: Digest;
  readonly instances: readonly Instance[];
}
export interface HealthReport {
  readonly probes: number;
  readonly failures: number;
  readonly note?: string;
}

export interface Provider {
  /** What runs now, read from the world and never from memory. */
  observe(target: TargetRef, signal: AbortSignal): Promise<readonly ObservedSlot[]>;
  /**
   * Makes exactly `count` instances of `release` (default: as many as configured; others only with `per_instance`) run and be ready in
   * `slot`. What runs as asked is not touched; of too many those of `stay` stay, by id, else the first ready ones in the order of `observe`.
   * Fails with `instance.start_failed`, `instance.not_ready`, `artifact.missing`, `artifact.mismatch`, `provider.unavailable`.
   */
  ensure(
    target: TargetRef,
    slot: Slot,
    release: Release,
    configuration: Configuration,
    signal: AbortSignal,
    count?: number,
    stay?: readonly string[],
  ): Promise<readonly Instance[]>;
  /**
   * Probes each instance of `slot` once. An instance that is gone counts as a failed probe. One that is lost, or starts and
   * has not been ready yet, counts as nothing: fails with `provider.unavailable`.
   */
  health(
    target: TargetRef,
    slot: Slot,
    probe: Pick<Probe, 'path' | 'timeoutMs'>,
    signal: AbortSignal,
  ): Promise<HealthReport>;
  /**
   * What the living instances of `slot` use, each with all that it has started; of those that are gone nothing, whoever has their place now.
   * Only with `usage`.
   */
  usage?(target: TargetRef, slot: Slot, signal: AbortSignal): Promise<SlotUsage>;
  /**
   * Removes what this host keeps of releases that no slot has, are not among `keep` and were not used since `before` (epoch ms): what
   * can be made again from the artifact store. With `dryRun` it is only counted.
   */
  sweep(
    releases: { readonly keep: readonly Digest[]; readonly before: number; readonly dryRun: boolean },
    signal: AbortSignal,
  ): Promise<{ readonly count: number; readonly bytes: number }>;
  /** Stops the slot's instances (SIGTERM, then SIGKILL after a grace) and forgets them. */
  remove(target: TargetRef, slot: Slot, signal: AbortSignal): Promise<void>;
}

export interface Split {
  /** Basis points by slot; they sum to 10000. */
  readonly shares: Readonly<Partial<Record<Slot, Share>>>;
  /** Users with bucket < its share go to this slot, so that a growing share only adds users. */
  readonly candidate: Slot;
  /** Salt of the bucket: the deployment's id. */
  readonly salt: string;
  readonly userKey: readonly UserKey[];
}
export interface RouterState {
  /** Where users reach the target: `http://127.0.0.1:8080`. */
  readonly address: string;
  /** Where they reach it as well, at the second of two routers that serve it together. */
  readonly others?: readonly string[];
  readonly shares: Readonly<Partial<Record<Slot, Share>>>;
  readonly members: Readonly<Partial<Record<Slot, readonly string[]>>>;
  readonly releases: Readonly<Partial<Record<Slot, Digest>>>;
  /**
   * What two routers that serve it together do not have the same, a sentence each; absent: nothing. `target`: one does not know it at all,
   * or did not answer. `shares` are those of all users then, when each router has half of them, and `members` of a slot those that both
   * have; of a target that one does not know the members are those of the other, and where one did not answer, everything is.
   */
  readonly differences?: Readonly<Partial<Record<'target' | 'shares' | Slot, string>>>;
}

export interface Router {
  /** The router's present state for the target; `undefined` when it does not know it. */
  observe(target: TargetRef, signal: AbortSignal): Promise<RouterState | undefined>;
  /**
   * Makes the target's public address exist. `listen` 0 or absent: a free port that is kept. `second` is the same for the second of two
   * that serve together. Fails with `router.refused` when it is taken.
   */
  open(
    target: TargetRef,
    listen: number | undefined,
    signal: AbortSignal,
    second?: number,
  ): Promise<RouterState>;
  /** Sets a slot's members and the release its metrics are labelled with; changes no share. With none (`per_instance`) its users get 503. */
  admit(
    target: TargetRef,
    slot: Slot,
    release: Digest,
    members: readonly string[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Sets all shares at once, without a reload and without dropping a request. */
  split(target: TargetRef, split: Split, signal: AbortSignal): Promise<void>;
  /**
   * Waits until no request is in flight that the slot would not get now, or the time is over; says how many are left. While the slot has a
   * share, those are the requests to members that it has no more, else all of it.
   */
  drain(
    target: TargetRef,
    slot: Slot,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly inflight: number }>;
  /** Forgets a slot that has no share. Fails with `router.refused` while it has one. */
  withdraw(target: TargetRef, slot: Slot, signal: AbortSignal): Promise<void>;
  /** Forgets the target and closes its address: the undo of a first deployment. */
  close(target: TargetRef, signal: AbortSignal): Promise<void>;
}

/** Content-addressed and immutable. */
export interface ArtifactStore {
  /** Stores a stream under the sha256 of its bytes. With `expected`, anything else is refused (`artifact.mismatch`) and nothing is kept. */
  put(
    content: AsyncIterable<Uint8Array>,
    expected?: Digest,
  ): Promise<{ readonly digest: Digest; readonly bytes: number }>;
  /** The bytes, verified while read. Fails with `artifact.missing`. */
  get(digest: Digest): Promise<AsyncIterable<Uint8Array>>;
  /** Whoever is told that it is there may rely on it for a while: it counts as put now. */
  has(digest: Digest): Promise<boolean>;
  /** All that there is after `after`, in the order of digests. */
  list(after?: Digest): AsyncIterable<Stored>;
  /** Removes content, whole or not at all, unless it was put or asked for since `before`; says whether it did. */
  remove(digest: Digest, before: number): Promise<boolean>;
}
export interface Stored {
  readonly digest: Digest;
  readonly bytes: number;
  /** Epoch ms at which it was last put or asked for. */
  readonly at: number;
}

export interface Finding {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  /** Says what was found and never the secret itself. */
  readonly message: string;
}
export interface Scanner {
  readonly name: string;
  /** Looks through every file below `directory`. Fails with `scan.unavailable`, never passes by not having looked. */
  scan(directory: string, signal: AbortSignal): Promise<readonly Finding[]>;
}

/** One value of a secret, without the value. */
export interface SecretVersion {
  readonly version: number;
  /** ISO instant since which it is there, and who gave it, where that is known. */
  readonly at: string;
  readonly by?: string;
}
export interface Secret {
  readonly path: string;
  /** Oldest first. */
  readonly versions: readonly SecretVersion[];
}
/** Fails with `secrets.unavailable` when it does not answer. */
export interface SecretStore {
  /** What there is, by path; reads no value. */
  list(signal: AbortSignal): Promise<readonly Secret[]>;
  /** Of one path; none when there is none. Reads no value. */
  versions(path: string, signal: AbortSignal): Promise<readonly SecretVersion[]>;
  /** The value of exactly this version. Fails with `secret.missing`, `secret.unreadable`; no failure says anything of the value. */
  resolve(path: string, version: number, signal: AbortSignal): Promise<string>;
}
/** A store that shipway itself writes, without seeing what it keeps: values come sealed for `recipient`. */
export interface SecretVault extends SecretStore {
  /** Whom values are sealed for. */
  recipient(signal: AbortSignal): Promise<string>;
  /** Keeps a sealed value as the next version, and says which that is. A number is never given twice. */
  keep(path: string, sealed: string, by: string, signal: AbortSignal): Promise<number>;
  /** Takes away one version, or all; twice is once. Answers what was there. */
  remove(path: string, version: number | undefined, signal: AbortSignal): Promise<readonly number[]>;
}

/** Flags of targets. What is read is what was last written, by whomever. Fails with `store.unavailable`. */
export interface FlagStore {
  /** All of a target, by name. */
  list(target: TargetRef, signal: AbortSignal): Promise<readonly FlagState[]>;
  /** Makes known what a release declares. What was set stays, and other flags. What the live release declares is served as it has it. */
  declare(
    target: TargetRef,
    release: { readonly version: string; readonly flags: readonly FlagDeclaration[] },
    signal: AbortSignal,
  ): Promise<void>;
  /** Who has which variant from now on; without a rule it is off. Fails with `flag.unknown`. */
  set(
    target: TargetRef,
    flag: { readonly name: string; readonly rule?: FlagRule; readonly by: Person },
    signal: AbortSignal,
  ): Promise<void>;
  /** Another number after every change of any flag: whoever has seen this one has missed nothing. */
  revision(signal: AbortSignal): Promise<number>;
}

/** Statuses of commits at GitHub or GitLab. The same status twice is one. Fails with `status.unavailable`, `status.refused`. */
export interface StatusBoard {
  set(project: string, status: CommitStatus, signal: AbortSignal): Promise<void>;
}
