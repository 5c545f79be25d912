import type { Json } from './canonical.js';
import type { FlagDeclaration, FlagStrategy } from './flags.js';
import type { TargetRef } from './ids.js';
import type { Digest } from './release.js';
import type { SecretReference } from './secrets.js';
import type { OwnStrategy } from './strategy.js';
import type { WatchPlan } from './watch-plan.js';

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

export type Strategy =
  | { readonly kind: 'blue_green' }
  | { readonly kind: 'in_place' }
  | RollingStrategy
  | { readonly kind: 'canary'; readonly steps: readonly Share[]; readonly stepDurationMs: number }
  | FlagStrategy
  | OwnStrategy;
export type StrategyKind = Strategy['kind'];

/** Instances of the candidate take the places of instances of stable, batch by batch. */
export interface RollingStrategy {
  readonly kind: 'rolling';
  /** Of the candidate's instances; less than all of them, so that somebody serves meanwhile. */
  readonly batchSize: number;
  /** How long a batch is watched before the next one. */
  readonly pauseMs: number;
  /** A batch that does not come up: everything goes back, or it alone, and a person is asked. */
  readonly onBadBatch: 'roll_back' | 'ask';
}

/** How instances of a release are run; a rollback restores it together with the release. */
export interface Configuration {
  readonly command: readonly string[];
  readonly replicas: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Variables whose values are secrets; absent: none. */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  readonly healthChecks: { readonly readiness: Probe; readonly liveness: Probe };
  /** How long instances may take to become ready before the deployment gives up. */
  readonly startupTimeoutMs: number;
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
  /** `process`, or a provider that users have added: `own:NAME`. */
  readonly provider: string;
  /** `gateway`, `haproxy`, `nginx`, `own:NAME`, or two of the first three in the order of their names: `haproxy+nginx`. */
  readonly router: string;
  /** `gateway`, `prometheus`, or `own:NAME`. */
  readonly metrics: string;
  readonly configuration: Configuration;
  /** The port the router listens on, of two that of the first; absent: a free one, kept for the target. */
  readonly listen?: number;
  /** The same of the second of two routers. */
  readonly secondListen?: number;
  readonly userKey: readonly UserKey[];
  readonly smokeTest: { readonly path: string; readonly expectStatus: number; readonly timeoutMs: number };
  readonly strategy: Strategy;
  /** What the release declares; absent: none. */
  readonly flags?: readonly FlagDeclaration[];
  readonly bakeMs: number;
  /** Absent in plans of before: see src/domain/queue.ts. */
  readonly queue?: QueueRules;
  readonly watch: WatchPlan;
  /** How users go back when a person says so: by quarters, each watched for `stepMs`; absent: all at once. */
  readonly rollback?: GradualReturn;
  /** How long requests in flight may take to end before an emptied slot is removed anyway. */
  readonly drainTimeoutMs: number;
  /** Channels of the policy that the service has told of trouble, beside those of the policy itself; absent: none. */
  readonly notificationChannels?: readonly string[];
}

export interface GradualReturn {
  readonly stepMs: number;
}

/** Stages of one run: more are nobody's to follow, and a plan stays small enough for a history. */
export const MOST_STAGES = 200;

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
export type SarifLevel = 'error' | 'warning' | 'note';
/** Reports that a stage's commands write, and what they must say. Paths are of files, or of folders whose `.xml` or `.sarif` files are meant. */
export interface Reports {
  readonly junit?: readonly string[];
  /** `minimum` in basis points. */
  readonly coverage?: { readonly path: string; readonly minimum?: number };
  readonly sarif?: { readonly paths: readonly string[]; readonly failOn: SarifLevel | 'never' };
}
export interface CommandStage extends StageBase {
  readonly kind: 'command';
  readonly script: readonly string[];
  readonly artifacts: readonly string[];
  /** Absent: none are expected. */
  readonly reports?: Reports;
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
export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How often it is sent beside the others. */
  readonly weight: number;
}
/** The error rate in basis points. */
export interface PerformanceThresholds {
  readonly errorRate: number;
  readonly p50Ms?: number;
  readonly p95Ms: number;
  readonly p99Ms?: number;
}
/** Starts what is to be released as a process by itself, and loads it. */
export interface PerformanceStage extends StageBase {
  readonly kind: 'performance_test';
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Asked with GET until it answers with 2xx. */
  readonly readyPath: string;
  readonly startupTimeoutMs: number;
  readonly requests: readonly LoadRequest[];
  /** Requests a second, whatever becomes of those before. */
  readonly rate: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly requestTimeoutMs: number;
  readonly maxInFlight: number;
  readonly thresholds: PerformanceThresholds;
  readonly allowFailure: boolean;
}
/** How long it may take in all: the load, and a margin for what is sent last, the end of the instance, and the figures. */
export const longestOf = (stage: PerformanceStage): number =>
  stage.startupTimeoutMs + stage.warmUpMs + stage.durationMs + stage.requestTimeoutMs + 60_000;
/** Does what a function does that whoever runs the workers has added to them. */
export interface OwnStage extends StageBase {
  readonly kind: 'own';
  /** `own:NAME`. */
  readonly uses: string;
  readonly with: Readonly<Record<string, Json>>;
  readonly artifacts: readonly string[];
  /** Whether its answer is kept as evidence. */
  readonly evidence: boolean;
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly allowFailure: boolean;
}
export interface ApproveStage extends StageBase {
  readonly kind: 'approve';
}
export interface DeployStage extends StageBase {
  readonly kind: 'deploy';
  readonly deployment: DeploymentPlan;
}
export type StagePlan = WorkStage | ApproveStage | DeployStage;
/** Stages that work in a copy of the source, and have output. */
export type WorkStage = CommandStage | ScanStage | PerformanceStage | OwnStage;
export const isWork = ({ kind }: { readonly kind: StagePlan['kind'] }): boolean =>
  kind !== 'approve' && kind !== 'deploy';

/** Whether it begins with a copy of the source. */
export const beginsWithSource = (stage: StagePlan): boolean =>
  stage.skipped === undefined && stage.reused === undefined && isWork(stage);

/** The own kinds of the stages that are run. */
export const kindsIn = ({ stages }: Pick<Plan, 'stages'>): readonly string[] => [
  ...new Set(stages.flatMap((s) => (s.kind === 'own' && beginsWithSource(s) ? [s.uses] : []))),
];

/** Whether versions before form 3 of the plan know nothing of what a stage does. */
export const isNewInForm3 = (stage: StagePlan): boolean =>
  stage.kind === 'performance_test' ||
  stage.kind === 'own' ||
  (stage.kind === 'command' && stage.reports !== undefined) ||
  (stage.kind === 'deploy' &&
    (['own', 'rolling', 'in_place', 'feature_flag'].includes(stage.deployment.strategy.kind) ||
      stage.deployment.flags !== undefined ||
      stage.deployment.notificationChannels !== undefined ||
      stage.deployment.rollback !== undefined));

/** What a run is asked to do, resolved in the client from files, commit and what was built of it. Its hash is the sha256 of its canonical text. */
export interface Plan extends TargetRef {
  /**
   * What earlier versions do not know: 2 leads through several environments; 3 may have secrets, reports, a performance test, flags,
   * stages and strategies of a user's own, channels to people, stages side by side, and the strategies `rolling` and `in_place`.
   */
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
