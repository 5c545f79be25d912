import type { Adapters } from './adapters.js';
import type { MetricBreaches } from './metric-breach.js';
import type { Comparison } from './comparison.js';
import type { TargetRef } from './ids.js';
import type { Share } from './plan.js';
import type { WatchPlan } from './watch-plan.js';
import type { Probed } from './probed.js';
import type { Digest } from './release.js';
import type { Slot } from './target.js';
import type { Resource, Usage, UsageEvidence } from './usage.js';
import type { Verdict, VerdictKind } from './verdict.js';

/** Cumulative counters of one release in one slot since `epoch` began. A new epoch means they started at 0 again. */
export interface Counters {
  readonly release: Digest;
  readonly slot: Slot;
  readonly epoch: string;
  /** Those whose end is known: one whose user left before the answer was whole is none of them. */
  readonly requests: number;
  readonly errors: number;
  /** Of all that ended, also those that users gave up. Cumulative counts by upper bound in milliseconds, ascending; the last bound is `null` (infinity). */
  readonly latency: readonly { readonly leMs: number | null; readonly count: number }[];
  /**
   * Requests whose user's bucket had had no error since the split got its salt, and how many of them were the first error of their bucket.
   * A user thus counts as bad once, whatever else fails for them. Absent: the source does not tell users apart.
   */
  readonly atRisk?: { readonly requests: number; readonly errors: number };
}

/** One look at the world: what the metric source and the health probes said, and when they were read (epoch ms). */
export interface Observation {
  readonly at: number;
  /** Absent: the source did not answer; `unavailable` says why. With both they are not of all users: they fail, and pass nothing. */
  readonly counters?: readonly Counters[];
  readonly unavailable?: string;
  /** Probes of the candidate's instances since the last look. `unavailable`: the provider did not answer, and why. */
  readonly health: Probed & { readonly note?: string; readonly unavailable?: string };
  /** Probes of stable's instances at the same look. Absent: they were not asked, are not there, or it is not known what they would say. */
  readonly stableHealth?: Probed;
  /** What instances use; absent: it was not asked for. */
  readonly usage?: Usage;
  /** What business metrics said, by their names: those that were asked for. In evidence only the newest look has them. */
  readonly metrics?: Readonly<Record<string, Reading>>;
  /** As of when `metrics` were asked (epoch ms): counters are of when they were scraped. */
  readonly metricsAt?: number;
}

/** What one business metric said at a look: finite numbers. */
export interface Reading {
  /** Of the candidate, or of the whole target. `null`: there was none. */
  readonly value: number | null;
  /** Absent: stable was not asked, as users were not with both, or it cannot be asked apart. */
  readonly stable?: number | null;
  /** Why one of them is `null`: of the value, if that is. */
  readonly missing?: { readonly kind: Exclude<VerdictKind, 'pass' | 'fail'>; readonly reason: string };
}

/**
 * What a watch knows and the next one starts from: the observations still inside the longest window, oldest first,
 * thinned so that it stays small (at most `EVIDENCE_LIMIT`).
 */
export interface WatchEvidence {
  readonly observations: readonly Observation[];
  /** Absent: nothing has been compared. */
  readonly comparison?: Comparison;
  /** Absent: no trigger asks for it. It stands for what the observations say of usage, which have none here. */
  readonly usage?: UsageEvidence;
  /** Of business metrics whose value is bad, or stable’s is or was, since when. Absent: there are none. */
  readonly breaches?: MetricBreaches;
}
/** What a watch beats: where a next attempt starts from, and for whoever looks meanwhile what the last look said. */
export interface WatchBeat extends WatchEvidence {
  readonly verdict?: Verdict;
}
/** With the counters of two releases at each look that is below 100 kB, the most that a step hands to the next. */
export const EVIDENCE_LIMIT = 60;
export const NO_EVIDENCE: WatchEvidence = { observations: [] };

export interface WatchInput extends TargetRef {
  /** Absent: what is built in. */
  readonly adapters?: Adapters;
  readonly deployment: string;
  /** For samples and summaries: `canary 25 %`, `bake`, `parked`. */
  readonly phase: string;
  readonly candidate: { readonly release: Digest; readonly slot: Slot };
  readonly stable?: { readonly release: Digest; readonly slot: Slot };
  readonly plan: WatchPlan;
  readonly liveness: { readonly path: string; readonly timeoutMs: number };
  /** Stable's own: it may not know the candidate's. Absent: stable is not asked. */
  readonly stableLiveness?: WatchInput['liveness'];
  /** The candidate's, in basis points. Absent: it is not known, and nothing is compared. */
  readonly share?: Share;
  /** Epoch ms of the phase's begin and planned end; without an end it watches until it fails or is interrupted. */
  readonly from: number;
  readonly until?: number;
  readonly evidence: WatchEvidence;
}

/**
 * How a watch ended. `fail` ends it at once; `pass` at `until`; a doubtful verdict is looked at again until
 * `until + stepTimeoutMs` and then returned as it is. `interrupted`: the workflow cancelled it; nothing was decided.
 */
export interface WatchResult {
  readonly verdict: Verdict;
  readonly interrupted: boolean;
  readonly evidence: WatchEvidence;
}

/**
 * What was measured, in numbers: of errors the part of the requests, of response times milliseconds, of health checks those that failed, of
 * the comparison the decimal logarithm of the evidence, at least 0, of the instance that uses most processors and bytes of memory, of a business
 * metric its value.
 */
export interface Measured {
  /** Absent: there was nothing to measure (`of` is 0), or it lies beyond the largest bound of the source. */
  readonly value?: number;
  /** Of how many requests, probes or instances; of a business metric 1, or 0 where it has no value. */
  readonly of: number;
  /** The same of stable; absent as well where there is none. */
  readonly stable?: number;
}

/** `metric:NAME` is a business metric. */
export type TriggerName =
  | 'error_rate'
  | 'response_time'
  | 'health_check_failures'
  | 'comparison'
  | Resource
  | 'source'
  | `metric:${string}`;

/** One row of evidence for good: what was asked, what came back, what it meant. */
export interface Sample {
  readonly deployment: string;
  readonly phase: string;
  /** ISO instant of the look: a source may answer several of them with what it counted at one instant, which is in `look`. */
  readonly at: string;
  readonly trigger: TriggerName;
  readonly value: string;
  readonly limit: string;
  readonly verdict: Verdict;
  /** Absent: nobody answered, or the sample is of before numbers were kept. */
  readonly measured?: Measured;
  /** Of the first sample of a look: what was judged, so that it can be judged again. Absent of samples of before it was kept. */
  readonly look?: Look;
}

/** What was seen at a look, and what it was judged with beside the rules. */
export interface Look {
  readonly observation: Observation;
  readonly candidate: Slot;
  readonly share?: Share;
  /** Epoch ms of the phase's begin. */
  readonly from: number;
}
