import type { AuditEntry, ChainedEntry } from './audit.js';
import type { LeftOn } from './flags.js';
import type { TargetRef } from './ids.js';
import type { Old } from './old.js';
import type { Outbox } from './outbox.js';
import type { Ended, Outcome } from './outcome.js';
import type { Permit } from './permit.js';
import type { DeploymentPlan, Plan } from './plan.js';
import type { FlagStore } from './ports.js';
import type { Digest, Evidence, Release } from './release.js';
import type { Passed } from './retry.js';
import type { Person } from './statement.js';
import type { DeployRequest, TargetAnswer, TargetState } from './target.js';
import type { Sample } from './watching.js';

/** A run as it was admitted: what its requests must agree with. */
export interface RunRow {
  /** Workflow id. */
  readonly pipeline: string;
  readonly run: string;
  readonly plan: Plan;
  readonly planHash: Digest;
  /** Its source in the artifact store; absent of runs of before. */
  readonly source?: Digest;
  /** An artifact that lists the commits which the plan's follows. */
  readonly ancestors?: Digest;
  /** The person whose statement was verified. */
  readonly requestedBy: Person;
  /** How it ended, and what stands of it; absent: it has not, or has shipped, or nothing stands. */
  readonly ended?: RunEnd;
}
export interface RunEnd {
  readonly outcome: Outcome;
  readonly passed: readonly Passed[];
  /** What stages have found that did not pass; absent: nothing. */
  readonly evidence?: readonly Evidence[];
}

export type DeploymentKind = 'deploy' | 'rollback' | 'recover';
export interface DeploymentEnding extends Ended {
  readonly endedAt: string;
}
/** Without an ending it runs. */
export interface DeploymentRow extends TargetRef, Partial<DeploymentEnding> {
  /** Workflow id. */
  readonly id: string;
  readonly n: number;
  readonly kind: DeploymentKind;
  readonly requestId: string;
  readonly run?: string;
  readonly requestedBy: Person;
  readonly release: Release;
  readonly replaces?: Release;
  readonly plan: DeploymentPlan;
  /** One of two routers that the policy said is gone when it was admitted; absent: none, or nothing of the kind was kept yet. */
  readonly leftBehind?: string;
  /** What deployments that a rollback takes back may have turned on; absent: nothing, or it was not asked yet. */
  readonly leftOn?: readonly LeftOn[];
  readonly startedAt: string;
}

/** A release as one run made or shipped it, with what that run found out about it. */
export interface ReleaseRow {
  readonly release: Release;
  readonly run: string;
  readonly evidence: readonly Evidence[];
  readonly createdAt: string;
}

export interface LogChunk {
  readonly run: string;
  readonly stage: string;
  readonly attempt: number;
  /** 0, 1, 2, … within the attempt. */
  readonly seq: number;
  readonly digest: Digest;
  readonly bytes: number;
  /** The last chunk of the attempt. */
  readonly last: boolean;
}

export interface PolicyRow {
  readonly hash: Digest;
  /** The normalised policy (src/domain/policy.ts) as canonical JSON. */
  readonly text: string;
  readonly acceptedAt: string;
  readonly worker: string;
}

export interface AuditFilter {
  readonly service?: string;
  readonly environment?: string;
  readonly workflow?: string;
  readonly event?: string;
  readonly sinceDays?: number;
  readonly afterSeq?: number;
  readonly limit?: number;
}

/**
 * shipway's PostgreSQL. Every method fails with `store.unavailable` when the database does not answer; writes are
 * idempotent by their key, so a retry after an unknown end is safe.
 */
export interface Store {
  readonly audit: {
    append(entries: readonly AuditEntry[]): Promise<void>;
    list(filter: AuditFilter): Promise<readonly ChainedEntry[]>;
  };
  readonly permits: {
    find(deployment: string): Promise<Permit | undefined>;
    close(deployment: string, at: string): Promise<void>;
  };
  readonly nonces: {
    /** `claimed` now, `same` when the very same message claimed it before, `taken` by another. */
    claim(nonce: string, workflow: string, message: string): Promise<'claimed' | 'same' | 'taken'>;
    /** Whether this very message has claimed it: it was verified then. */
    has(nonce: string, workflow: string, message: string): Promise<boolean>;
  };
  readonly releases: {
    /** With more evidence than before, that is kept too. */
    save(release: Release, run: string, evidence: readonly Evidence[]): Promise<void>;
    /** Newest first; at most so many. */
    list(filter: {
      readonly service: string;
      readonly commit?: string;
      readonly digest?: Digest;
      readonly limit?: number;
    }): Promise<readonly ReleaseRow[]>;
    /** What all runs that made or used a release have as their plan, each once. */
    plans(of: Pick<Release, 'service' | 'commit' | 'digest'>): Promise<readonly Plan[]>;
  };
  readonly targets: {
    load(target: TargetRef): Promise<TargetState | undefined>;
    /** Saves what was made of the revision that was loaded (0: of none). Answers false when somebody has saved since. */
    save(state: TargetState): Promise<boolean>;
    /** Every target, or a service's. */
    list(service?: string): Promise<readonly TargetState[]>;
  };
  readonly deployments: {
    /**
     * Writes target, row, permit, audit entries and the settlement of the request together or not at all. Answers false, and has
     * written nothing, when somebody has saved the target since `state` was loaded. Fails when the number is taken.
     */
    admit(admission: {
      readonly row: DeploymentRow;
      readonly permit: Permit;
      readonly state: TargetState;
      readonly entries: readonly AuditEntry[];
    }): Promise<boolean>;
    /** The highest number that a deployment or a permit of this target has; 0 when there is none. */
    lastNumber(target: TargetRef): Promise<number>;
    finish(id: string, end: DeploymentEnding): Promise<void>;
    find(id: string): Promise<DeploymentRow | undefined>;
    /** By request id, for a target that must answer a repeated request. The newest if there are several. */
    findByRequest(target: TargetRef, requestId: string): Promise<DeploymentRow | undefined>;
    /** Newest first. */
    list(filter: {
      readonly service?: string;
      readonly environment?: string;
      /** Of this run only. */
      readonly run?: string;
      /** This one only. */
      readonly id?: string;
      readonly sinceDays?: number;
      readonly limit?: number;
    }): Promise<readonly DeploymentRow[]>;
    /** Started and not finished, of one target. */
    open(target: TargetRef): Promise<readonly DeploymentRow[]>;
  };
  readonly runs: {
    /**
     * Claims the statement's nonce for the run and keeps both, with audit entries, together or not at all. Answers false when another
     * message has the nonce. The first admission of a pipeline stays.
     */
    admit(admission: {
      readonly run: Omit<RunRow, 'ended'>;
      readonly nonce: string;
      readonly message: string;
      readonly entries: readonly AuditEntry[];
    }): Promise<boolean>;
    find(pipeline: string): Promise<RunRow | undefined>;
    /** Of one that was admitted. A run that ends twice, because its workflow was reset, has the later end. */
    finish(pipeline: string, end: RunEnd): Promise<void>;
  };
  readonly requests: {
    /** Keeps a request in its place of the order of asking; one that is known keeps the place it has. */
    note(request: DeployRequest): Promise<void>;
    /** Gives a request its answer, also one that has not arrived. One that is settled stays as it is. */
    settle(target: TargetRef, requestId: string, answer: TargetAnswer): Promise<void>;
    /** Of one that was settled without a deployment. */
    answer(target: TargetRef, requestId: string): Promise<TargetAnswer | undefined>;
    /** Not settled, in the order of asking. */
    waiting(target: TargetRef): Promise<readonly DeployRequest[]>;
  };
  readonly samples: {
    add(samples: readonly Sample[]): Promise<void>;
    /** Oldest first, from an instant on, at most so many. */
    list(
      deployment: string,
      part?: { readonly from?: string; readonly limit?: number },
    ): Promise<readonly Sample[]>;
  };
  readonly policy: {
    /** Whether the policy with this hash rules, or has ruled at any time. */
    hasRuled(hash: Digest): Promise<boolean>;
    /** Publishes an accepted policy; the newest rules for all workers. */
    publish(row: PolicyRow): Promise<void>;
    current(): Promise<PolicyRow | undefined>;
  };
  readonly logs: {
    add(chunk: LogChunk): Promise<void>;
    /** In order of stage begin, attempt, seq. */
    list(filter: {
      readonly run: string;
      readonly stage?: string;
      readonly afterId?: number;
    }): Promise<readonly (LogChunk & { readonly id: number })[]>;
  };
  /** The database's own clock, and the newest migration that it has and that this version brings. */
  look(): Promise<{ readonly now: string; readonly schema: number; readonly own: number }>;
  readonly outbox: Outbox;
  readonly flags: FlagStore;
  readonly old: Old;
  close(): Promise<void>;
}
