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
/** A test of the candidate's error rate against stable's at the same time. */
export interface ComparisonTrigger {
  /** Basis points: of so many deployments at most, whose candidates are no worse than tolerated, it ever says that one is. */
  readonly alpha: number;
  /** Basis points by which the candidate's error rate may exceed stable's. */
  readonly tolerance: number;
  /** Fewer of either since the deployment began are inconclusive, unless they are enough to say that it is bad. */
  readonly minRequests: number;
}

export interface Triggers {
  readonly errorRate?: ErrorRateTrigger;
  readonly responseTime?: ResponseTimeTrigger;
  readonly healthCheckFailures?: HealthTrigger;
  /** Absent: they are not compared. */
  readonly comparison?: ComparisonTrigger;
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
