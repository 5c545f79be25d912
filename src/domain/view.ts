import type { Ended } from './outcome.js';
import type { Share, StagePlan } from './plan.js';
import type { Digest, Evidence } from './release.js';
import type { Slot } from './target.js';
import type { Verdict } from './verdict.js';
import type { Question } from './gate.js';

/** What a run or deployment waits for: the same line in every view. */
export interface WaitingFor {
  readonly question: Question;
  readonly title: string;
  /** What an approval changes of the settings of what serves, a line each. */
  readonly changes?: readonly string[];
  /** The decision an answer must name. */
  readonly decision?: Digest;
  readonly have?: number;
  readonly required?: number;
  readonly expiresAt?: number;
  /** The workflow that takes the answer. */
  readonly workflow: string;
}

export type StageState =
  'pending' | 'running' | 'waiting' | 'passed' | 'failed' | 'allowed_failure' | 'skipped' | 'reused';
export interface StageView {
  readonly name: string;
  readonly kind: StagePlan['kind'];
  readonly state: StageState;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly note?: string;
  /** Whose own it is, in a run through several environments. */
  readonly environment?: string;
  /** The run that did it before: its output is there. */
  readonly byRun?: string;
}

/** A run as its workflow last wrote it to its memo (key `view`): readable when no worker lives. */
export interface RunView extends Partial<Ended> {
  readonly run: string;
  readonly service: string;
  /** Where it is now, or where it ended. */
  readonly environment: string;
  /** All that it leads through, in their order; absent: the one. */
  readonly environments?: readonly string[];
  readonly version: string;
  readonly commit: string;
  readonly planHash: Digest;
  readonly requestedBy: string;
  readonly identity?: 'asserted' | 'signed';
  readonly stages: readonly StageView[];
  readonly release?: Digest;
  /** What stands of all that is known of the release: the last of it. */
  readonly evidence?: readonly Evidence[];
  readonly deployment?: string;
  readonly waitingFor?: WaitingFor;
}

export type Phase =
  | 'admission'
  | 'provision'
  | 'smoke'
  | 'shift'
  | 'promote'
  | 'bake'
  | 'retire'
  | 'going_back'
  | 'parked'
  | 'done';

/** A deployment as its workflow last wrote it to its memo (key `view`). Times are epoch ms. */
export interface DeploymentView extends Partial<Ended> {
  readonly id: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly replaces?: string;
  readonly kind: 'deploy' | 'rollback' | 'recover';
  /** As a configuration names it. */
  readonly strategy: string;
  readonly run?: string;
  readonly phase: Phase;
  readonly shares: Readonly<Partial<Record<Slot, Share>>>;
  readonly candidate?: Slot;
  readonly stable?: Slot;
  /** When the current step ends if nothing is wrong. */
  readonly nextAt?: number;
  readonly verdict?: Verdict;
  readonly address?: string;
  /** Where it is reached as well: at the second of two routers. */
  readonly others?: readonly string[];
  readonly waitingFor?: WaitingFor;
  readonly timeline: readonly { readonly at: number; readonly what: string }[];
}

/** Evidence kept in a run's view: bounded for the memo. */
export const EVIDENCE_LIMIT = 40;

/** Entries kept in a deployment's timeline: enough for a screen, bounded for the memo. */
export const TIMELINE_LIMIT = 40;

export interface TargetView {
  readonly service: string;
  readonly environment: string;
  readonly live?: string;
  readonly knownGood?: string;
  readonly running?: string;
  readonly queue: readonly { readonly requestId: string; readonly version: string; readonly by: string }[];
  readonly holdMarks: readonly string[];
  /** How the world differs from the record; absent: it did not when it was last looked at. */
  readonly drift?: readonly string[];
  readonly note?: string;
  readonly waitingFor?: WaitingFor;
}
