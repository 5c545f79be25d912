import type { ChainVerdict } from '../../audit-chain.js';
import type { ChainedEntry } from '../../domain/audit.js';
import type { Question, GateVerdict } from '../../domain/gate.js';
import type { Outcome } from '../../domain/outcome.js';
import type { Share, Strategy } from '../../domain/plan.js';
import type { Triggers } from '../../domain/watch-plan.js';
import type { Digest, Evidence } from '../../domain/release.js';
import type { Statement } from '../../domain/statement.js';
import type { DeploymentKind } from '../../domain/store.js';
import type { DeploymentView, StageView } from '../../domain/view.js';
import type { Watched } from './watched.js';

/** What `shipway report` tells of a run, or of a deployment by itself: the page, the text and `--json` are made of this alone. */
export interface Report {
  readonly about: About;
  readonly stages: readonly StageView[];
  readonly decisions: readonly GateRecord[];
  /** What people asked for beside the gates. */
  readonly asked: readonly Said[];
  readonly deployments: readonly DeploymentReport[];
  readonly evidence: readonly Evidence[];
  readonly audit: AuditReport;
  /** What is not here although it belongs here, and why. */
  readonly missing: readonly string[];
  readonly made: { readonly at: string; readonly version: string };
}

export interface About {
  readonly kind: 'run' | 'deployment';
  /** The run's id, or the deployment's workflow id. */
  readonly id: string;
  readonly service: string;
  readonly version: string;
  /** Where it leads, in its order. */
  readonly environments: readonly string[];
  /** Absent: it goes on, or nobody has written how it ended. */
  readonly outcome?: Outcome;
  readonly reason?: string;
  /** The row of the failure table that it ended by. */
  readonly failure?: string;
  /** What it waits for now. */
  readonly waitingFor?: string;
  /** Temporal has ended it before it could write an outcome: how. */
  readonly endedAs?: string;
  readonly requestedBy?: string;
  readonly identity?: 'asserted' | 'signed';
  readonly commit?: string;
  readonly planHash?: Digest;
  readonly release?: Digest;
  /** Of a deployment that belongs to one. */
  readonly run?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** One statement of a person and what became of it. */
export interface Said {
  readonly person: string;
  readonly verb: string;
  readonly at: string;
  readonly reason?: string;
  /** `none`: who it was is asserted, and not proved. */
  readonly signature: Statement['signature'];
  /** Why it did not count; absent: it did. */
  readonly refused?: string;
  readonly workflow: string;
}

/** A gate from its opening to its end. */
export interface GateRecord {
  readonly question: Question;
  readonly decision: Digest;
  readonly title?: string;
  readonly workflow: string;
  readonly environment: string;
  /** How many people had to say yes; 0: the policy asks nobody. */
  readonly required?: number;
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly verdict: GateVerdict;
  readonly answers: readonly Said[];
}

export interface DeploymentReport {
  readonly id: string;
  readonly environment: string;
  readonly kind: DeploymentKind;
  readonly version: string;
  readonly replaces?: string;
  readonly requestedBy: string;
  readonly strategy: Strategy;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly outcome?: Outcome;
  readonly reason?: string;
  /** The candidate's share of the users from each instant on. */
  readonly shares: readonly { readonly at: string; readonly share: Share }[];
  /** The thresholds that it is watched by. */
  readonly triggers: Triggers;
  /** How far apart the looks are. */
  readonly intervalMs: number;
  readonly watched: Watched;
  /** The newest lines of its story, from Temporal. */
  readonly timeline: DeploymentView['timeline'];
}

export interface AuditReport {
  /** Of this run or deployment, in the order of the chain. */
  readonly entries: readonly ChainedEntry[];
  /** How many more there are between the first half and the last. */
  readonly leftOut: number;
  /** Entries whose content does not have their hash, or that stand otherwise in the chain. */
  readonly flawed: readonly number[];
  /** Of the whole chain; absent: it was not recomputed. */
  readonly chain?: ChainVerdict;
}
