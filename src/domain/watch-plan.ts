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
/** So many looks, of one every `intervalMs`, a window has at most. */
export const looksIn = (windowMs: number, intervalMs: number): number => Math.ceil(windowMs / intervalMs);

/** An instance that uses more at every look of the window. */
export interface UsageTrigger {
  /** Of `cpu` basis points of one processor, of which there may be several: 15000 is one and a half. Of `memory` bytes. */
  readonly threshold: number;
  readonly windowMs: number;
}
/** A test of the candidate's error rate against stable's at the same time. */
export interface ComparisonTrigger {
  /** Basis points: of so many deployments at most, whose candidates are no worse than tolerated, it ever says that one is. */
  readonly alpha: number;
  /** Basis points by which the candidate's error rate may exceed stable's. */
  readonly tolerance: number;
  /** Fewer of either since the deployment began are inconclusive, unless they are enough to say that it is bad. */
  readonly minRequests: number;
}

/** What the value of a business metric may be, by itself and beside stable's at the same time; at least one of the two is said. */
export interface MetricTrigger {
  /** PromQL that gives one number; `$service`, `$environment`, `$release` and `$slot` stand for whom it is asked of. */
  readonly query: string;
  readonly min?: number;
  readonly max?: number;
  readonly beside?: BesideStable;
  /** At every look of it a value must be bad to be a breach. */
  readonly windowMs: number;
}
/** Which way from stable's value is bad, when it is more than `tolerance` basis points of that value. */
export interface BesideStable {
  readonly direction: Direction;
  readonly tolerance: number;
}
export const DIRECTIONS = ['increase', 'decrease', 'either'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export interface Triggers {
  readonly errorRate?: ErrorRateTrigger;
  readonly responseTime?: ResponseTimeTrigger;
  readonly healthCheckFailures?: HealthTrigger;
  /** Absent: what instances use is not asked for. */
  readonly cpu?: UsageTrigger;
  readonly memory?: UsageTrigger;
  /** Absent: they are not compared. */
  readonly comparison?: ComparisonTrigger;
  /** By their names. Absent: there are none. */
  readonly metrics?: Readonly<Record<string, MetricTrigger>>;
}

/** `hold` waits (then parks after `stepTimeoutMs`), `continue` goes on as if it had passed and says so. */
export type OnDoubt = 'hold' | 'continue';

/**
 * What a metric source that holds more than shipway's own is asked: PromQL that gives counters with the labels `release` and `slot`;
 * `$service` and `$environment` stand for the target's names.
 */
export interface Queries {
  readonly requests: string;
  readonly errors: string;
  /** Buckets with the label `le`, in seconds. */
  readonly latency: string;
  /** Of `requests`: those whose user left before the answer. Absent: they are not counted among them. */
  readonly aborted?: string;
  /** Requests of users who had had no error before, and the first errors among them. Both or neither: nothing is compared. */
  readonly atRisk?: string;
  readonly firstErrors?: string;
}

export interface WatchPlan {
  readonly intervalMs: number;
  /** Absent: the source knows what to count. */
  readonly queries?: Queries;
  readonly triggers: Triggers;
  readonly onInconclusive: OnDoubt;
  readonly onUnavailable: OnDoubt;
  readonly stepTimeoutMs: number;
}
