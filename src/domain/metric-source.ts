import type { TargetRef } from './ids.js';
import type { Queries } from './watch-plan.js';
import type { Counters, Observation } from './watching.js';

/** What a watch tells its source. A source that knows by itself what to count, and since when, needs none of it. */
export interface Watched {
  readonly queries?: Queries;
  /** Whose counters are judged; without those of the first a sample is none. */
  readonly of: readonly Pick<Counters, 'release' | 'slot'>[];
  /** What it said before, oldest first: a source whose processes come and go counts on from there. */
  readonly seen: readonly Observation[];
}

/** What it is asked never changes anything. Fails with `metrics.unavailable`. */
export interface MetricSource {
  /** Cumulative counters by release and slot; the domain makes windows of them. */
  sample(target: TargetRef, signal: AbortSignal, watched?: Watched): Promise<Counted>;
  /**
   * The one number that a query of a business metric gives; all names in it have been replaced. NaN and infinities as they are, and
   * `undefined` where there is nothing, or nothing new: they are judged as no value. Several numbers are a failure. Absent: the source
   * answers no queries, and plans that have one are refused. Fails with `config.invalid` where it can never answer the query: a plan that
   * has it is refused.
   */
  query?(target: TargetRef, query: string, asking: Asking, signal: AbortSignal): Promise<number | undefined>;
  /**
   * How long it takes from one thing that it knows to the next, as these queries ask for it; none: it cannot say. A plan with a shorter window
   * is refused. Absent: it knows at each look what is then.
   */
  resolution?(
    target: TargetRef,
    queries: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly Resolution[]>;
}
export interface Resolution {
  /** Absent: of each query that no other is of, and of what is asked without one. */
  readonly query?: string;
  /** In ms: no less, and no more. */
  readonly leastMs: number;
  readonly mostMs: number;
  /** By what it is so. */
  readonly why: string;
}
/** Epoch ms. */
export interface Asking {
  /** As of when. */
  readonly at: number;
  /** What was read last before this is nothing new, however young it is. Absent: what the source takes for new is. */
  readonly since?: number;
}
export interface Counted {
  readonly at: number;
  readonly counters: readonly Counters[];
  /** Why these are not of all users: what is bad in them is bad, and nothing passes by them; absent: they are. */
  readonly partly?: string;
}
