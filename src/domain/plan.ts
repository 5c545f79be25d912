import type { TargetRef } from './ids.js';
import type { Digest } from './release.js';

/** A share of traffic in basis points: 10000 is everything. */
export type Share = number;
export const FULL: Share = 10_000;

export interface Probe {
  readonly path: string;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly initialDelayMs: number;
}

export type UserKey = { readonly header: string } | { readonly cookie: string };

export interface ErrorRateTrigger {
  /** Basis points: 500 is 5 %. */
  readonly threshold: number;
  readonly windowMs: number;
  readonly minRequests: number;
}
export interface ResponseTimeTrigger {
  readonly p95ThresholdMs: number;
  readonly windowMs: number;
  readonly minRequests: number;
}
export interface HealthTrigger {
  readonly threshold: number;
  readonly windowMs: number;
}
export interface Triggers {
  readonly errorRate?: ErrorRateTrigger;
  readonly responseTime?: ResponseTimeTrigger;
  readonly healthCheckFailures?: HealthTrigger;
}

export type Strategy =
  | { readonly kind: 'blue_green' }
  | { readonly kind: 'canary'; readonly steps: readonly Share[]; readonly stepDurationMs: number };
export type StrategyKind = Strategy['kind'];

/** How instances of a release are run; a rollback restores it together with the release. */
export interface Configuration {
  readonly command: readonly string[];
  readonly replicas: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly healthChecks: { readonly readiness: Probe; readonly liveness: Probe };
  /** How long instances may take to become ready before the deployment gives up. */
  readonly startupTimeoutMs: number;
}

/** `hold` waits (then parks after `stepTimeoutMs`), `continue` goes on as if it had passed and says so. */
export type OnDoubt = 'hold' | 'continue';

export interface WatchPlan {
  readonly intervalMs: number;
  readonly triggers: Triggers;
  readonly onInconclusive: OnDoubt;
  readonly onUnavailable: OnDoubt;
  readonly stepTimeoutMs: number;
}

/** How a request to deploy waits for its turn at the target. */
export interface QueueRules {
  /** In the order of asking, in the place of all that wait before it, or not at all. */
  readonly policy: 'queue' | 'supersede' | 'reject';
  /** Whether it waits for the end of a bake, or of the least time of one. */
  readonly duringBake: 'queue' | 'supersede';
  /** The least time of this deployment's own bake. */
  readonly minBakeMs: number;
}

export interface DeploymentPlan {
  readonly provider: 'process';
  readonly router: 'gateway';
  readonly metrics: 'gateway';
  readonly configuration: Configuration;
  /** The port the router listens on; absent: a free one, kept for the target. */
  readonly listen?: number;
  readonly userKey: readonly UserKey[];
  readonly smokeTest: { readonly path: string; readonly expectStatus: number; readonly timeoutMs: number };
  readonly strategy: Strategy;
  readonly bakeMs: number;
  /** Absent in plans of before: see src/domain/queue.ts. */
  readonly queue?: QueueRules;
  readonly watch: WatchPlan;
  /** How long requests in flight may take to end before an emptied slot is removed anyway. */
  readonly drainTimeoutMs: number;
}

interface StageBase {
  readonly name: string;
  readonly needs: readonly string[];
  /** Why this stage does not run for this commit (its `only` rule); absent: it runs. */
  readonly skipped?: string;
  /** The run that has made what this stage would make: its result stands and is used; absent: it is made. */
  readonly reused?: string;
  /** The environment whose own it is, in a plan that leads through several; absent: where the plan leads. */
  readonly inEnvironment?: string;
}
export interface CachePlan {
  readonly paths: readonly string[];
  /** Files whose content names the cache entry. */
  readonly keyFiles: readonly string[];
}
export interface CommandStage extends StageBase {
  readonly kind: 'command';
  readonly script: readonly string[];
  readonly artifacts: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cache: readonly CachePlan[];
  readonly timeoutMs: number;
  /** More output than that is cut. */
  readonly outputLimitBytes: number;
  readonly attempts: number;
  readonly onLost: 'rerun' | 'fail';
  readonly allowFailure: boolean;
}
export interface ScanStage extends StageBase {
  readonly kind: 'scan';
  readonly checks: readonly 'secret_detection'[];
  readonly timeoutMs: number;
  readonly allowFailure: boolean;
}
export interface ApproveStage extends StageBase {
  readonly kind: 'approve';
}
export interface DeployStage extends StageBase {
  readonly kind: 'deploy';
  readonly deployment: DeploymentPlan;
}
export type StagePlan = CommandStage | ScanStage | ApproveStage | DeployStage;

/** Whether it begins with a copy of the source. */
export const beginsWithSource = ({ skipped, reused, kind }: StagePlan): boolean =>
  skipped === undefined && reused === undefined && (kind === 'command' || kind === 'scan');

/** What a run is asked to do, resolved in the client from files, commit and what was built of it. Its hash is the sha256 of its canonical text. */
export interface Plan extends TargetRef {
  /** 2: it leads through several environments; 3: some of its stages run side by side. Earlier versions know neither. */
  readonly schema: 1 | 2 | 3;
  readonly version: string;
  readonly commit: string;
  /** The working tree had changes that are not committed; `commit` is then a commit made of that tree. */
  readonly dirty: boolean;
  /** ISO instant of the commit. */
  readonly committedAt: string;
  /** E-mail of the commit's author, for the rule against self-approval. */
  readonly author: string;
  /** Who had a machine ask for it: who pushed, or made the schedule; for the same rule. Absent: whoever asks does so in person. */
  readonly askedBy?: readonly string[];
  /** Environments that it ships to before its own, in this order; absent: none. */
  readonly through?: readonly string[];
  /** Why it is shipped where rules rolled it back before; absent: there it is refused. */
  readonly despiteHold?: string;
  /** The release that is shipped as an earlier run built it from this commit; absent: the run builds one. */
  readonly release?: Digest;
  readonly stages: readonly StagePlan[];
}
