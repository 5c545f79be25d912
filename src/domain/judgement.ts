import type { ErrorRateTrigger, HealthTrigger, ResponseTimeTrigger, WatchPlan } from './watch-plan.js';
import type { Digest } from './release.js';
import type { Slot } from './target.js';
import type { Verdict, VerdictKind } from './verdict.js';
import type { Counters, Measured, Observation, Sample } from './watching.js';

/** Whose counters: a release in a slot. */
export interface Subject {
  readonly release: Digest;
  readonly slot: Slot;
}

/** What one subject did within a window, with counter resets taken out. */
export interface Window {
  readonly requests: number;
  readonly errors: number;
  readonly latency: readonly { readonly leMs: number | null; readonly count: number }[];
}
const NOTHING: Window = { requests: 0, errors: 0, latency: [] };

/** One trigger's finding, as it is kept for good. */
export type Finding = Pick<Sample, 'trigger' | 'value' | 'limit' | 'verdict' | 'measured'>;

/** All triggers over the observations up to and with the newest one. */
export function judge(
  plan: WatchPlan,
  observations: readonly Observation[],
  candidate: Subject,
  stable: Subject | undefined,
): readonly Finding[] {
  const newest = observations.at(-1);
  if (newest === undefined) return [source('nothing has been observed yet')];
  const { errorRate, responseTime, healthCheckFailures } = plan.triggers;
  const findings: Finding[] = [];
  if (healthCheckFailures !== undefined) findings.push(byHealth(healthCheckFailures, observations));
  if (newest.counters === undefined)
    return [...findings, source(newest.unavailable ?? 'the metric source did not answer')];
  const over = (windowMs: number, who: Subject | undefined): Window =>
    who === undefined ? NOTHING : windowOf(observations, windowMs, who);
  if (errorRate !== undefined)
    findings.push(byErrors(errorRate, over(errorRate.windowMs, candidate), over(errorRate.windowMs, stable)));
  if (responseTime !== undefined)
    findings.push(
      byLatency(responseTime, over(responseTime.windowMs, candidate), over(responseTime.windowMs, stable)),
    );
  return findings;
}

/** The verdict of several findings: one failure fails; doubt beats a pass, and a silent source beats too little data. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  for (const kind of ['fail', 'unavailable', 'inconclusive'] satisfies VerdictKind[]) {
    const found = findings.filter((f) => f.verdict.kind === kind);
    if (found.length === 0) continue;
    const reason = found.map((f) => f.verdict.reason).join('; ');
    return { kind, reason, ...(found.every((f) => f.verdict.lacks) ? { lacks: 'requests' } : {}) };
  }
  return { kind: 'pass', reason: findings.map((f) => f.verdict.reason).join('; ') || 'no trigger is set' };
}

const source = (why: string): Finding => ({
  trigger: 'source',
  value: 'none',
  limit: 'an answer',
  verdict: { kind: 'unavailable', reason: why },
});

function byErrors(trigger: ErrorRateTrigger, candidate: Window, stable: Window): Finding {
  const { threshold, minRequests } = trigger;
  const value = `${String(candidate.errors)} of ${String(candidate.requests)}`;
  const limit = `${String(threshold / 100)} %`;
  const bad = (w: Window): boolean => w.requests >= minRequests && w.errors * 10_000 > threshold * w.requests;
  const said = `error rate ${value} (limit ${limit})`;
  return {
    trigger: 'error_rate',
    value,
    limit,
    verdict: weighed(said, candidate.requests, minRequests, bad(candidate), bad(stable)),
    measured: measured(candidate.requests, errorRateOf(candidate), errorRateOf(stable)),
  };
}

const errorRateOf = ({ errors, requests }: Window): number | undefined =>
  requests === 0 ? undefined : errors / requests;

const measured = (of: number, value: number | undefined, stable?: number): Measured => ({
  of,
  ...(value === undefined ? {} : { value }),
  ...(stable === undefined ? {} : { stable }),
});

function byLatency(trigger: ResponseTimeTrigger, candidate: Window, stable: Window): Finding {
  const { p95ThresholdMs, minRequests } = trigger;
  const slow = (w: Window): boolean =>
    timed(w) >= minRequests && (quantileBound(w, 0.95) ?? Infinity) > p95ThresholdMs;
  const bound = quantileBound(candidate, 0.95);
  const value =
    timed(candidate) === 0 ? 'no requests' : `p95 ≤ ${bound === undefined ? '∞' : String(bound)} ms`;
  const limit = `${String(p95ThresholdMs)} ms`;
  const said = `response time ${value} (limit ${limit})`;
  return {
    trigger: 'response_time',
    value,
    limit,
    verdict: weighed(said, timed(candidate), minRequests, slow(candidate), slow(stable)),
    measured: measured(timed(candidate), bound, quantileBound(stable, 0.95)),
  };
}

/** Requests whose time is known: a source may count some elsewhere than it takes the time of them. */
const timed = ({ requests, latency }: Window): number =>
  Math.min(requests, latency.find((b) => b.leMs === null)?.count ?? requests);

function weighed(
  said: string,
  requests: number,
  min: number,
  candidateBad: boolean,
  stableBad: boolean,
): Verdict {
  if (requests < min)
    return {
      kind: 'inconclusive',
      reason: `${said}: ${String(requests)} requests, at least ${String(min)} are needed`,
      lacks: 'requests',
    };
  if (!candidateBad) return { kind: 'pass', reason: said };
  if (stableBad)
    return { kind: 'inconclusive', reason: `both bad: ${said}, and stable is beyond the limit too` };
  return { kind: 'fail', reason: said };
}

function byHealth(trigger: HealthTrigger, observations: readonly Observation[]): Finding {
  const since = (observations.at(-1)?.at ?? 0) - trigger.windowMs;
  const inside = observations.filter((o) => o.at > since);
  const failures = inside.reduce((n, o) => n + o.health.failures, 0);
  const probes = inside.reduce((n, o) => n + o.health.probes, 0);
  const note = inside.findLast((o) => o.health.note !== undefined)?.health.note;
  const value = `${String(failures)} of ${String(probes)}`;
  const said = `health checks failed ${value} (limit ${String(trigger.threshold)})${note === undefined ? '' : `: ${note}`}`;
  const away = observations.at(-1)?.health.unavailable;
  const kind: VerdictKind =
    failures >= trigger.threshold
      ? 'fail'
      : away !== undefined
        ? 'unavailable'
        : probes === 0
          ? 'inconclusive'
          : 'pass';
  const reason = kind === 'unavailable' ? `health checks could not be made: ${away ?? ''}` : said;
  return {
    trigger: 'health_check_failures',
    value,
    limit: String(trigger.threshold),
    verdict: { kind, reason },
    measured: measured(probes, probes === 0 ? undefined : failures),
  };
}

/**
 * Increments within the window: between the newest observation and the last one at or before its begin. A new epoch or a counter
 * that fell means that it started at 0 again, so what it shows counts whole and what was lost between is not invented.
 */
export function windowOf(observations: readonly Observation[], windowMs: number, who: Subject): Window {
  const newest = observations.at(-1);
  if (newest === undefined) return NOTHING;
  const since = newest.at - windowMs;
  const seen = observations.filter((o) => o.counters !== undefined);
  const first = Math.max(
    seen.findLastIndex((o) => o.at <= since),
    0,
  );
  let sum: Window | undefined;
  for (let i = first + 1; i < seen.length; i++) {
    // It may have been missing at a look.
    const before = seen.slice(0, i).findLast((o) => find(o, who) !== undefined);
    const step = between(find(before, who), find(seen[i], who));
    sum = sum === undefined ? step : add(sum, step);
  }
  return sum ?? NOTHING;
}

const find = (o: Observation | undefined, who: Subject): Counters | undefined =>
  o?.counters?.find((c) => c.release === who.release && c.slot === who.slot);

const isReset = (before: Counters, after: Counters): boolean =>
  before.epoch !== after.epoch || after.requests < before.requests;

/** Whether what `earlier` has counted is nowhere in `later`. */
export const outlives = (earlier: Observation, later: Observation): boolean =>
  later.counters !== undefined &&
  earlier.counters?.some((before) => {
    const after = find(later, before);
    return after === undefined || isReset(before, after);
  }) === true;

function between(before: Counters | undefined, after: Counters | undefined): Window {
  if (after === undefined) return NOTHING;
  if (before === undefined || isReset(before, after))
    return { requests: after.requests, errors: after.errors, latency: after.latency };
  return {
    requests: after.requests - before.requests,
    errors: after.errors - before.errors,
    latency: after.latency.map((b) => ({ leMs: b.leMs, count: b.count - countAt(before.latency, b.leMs) })),
  };
}

const add = (a: Window, b: Window): Window => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  latency: (b.latency.length > 0 ? b : a).latency.map(({ leMs }) => ({
    leMs,
    count: countAt(a.latency, leMs) + countAt(b.latency, leMs),
  })),
});

const countAt = (buckets: Window['latency'], leMs: number | null): number =>
  buckets.find((b) => b.leMs === leMs)?.count ?? 0;

/**
 * The smallest bucket bound that at least `q` of the requests lie under: an upper bound of the quantile, never an
 * interpolation inside a bucket. `undefined`: only the unbounded bucket holds it, or there were no requests.
 */
export function quantileBound(window: Window, q: number): number | undefined {
  const total = window.latency.find((b) => b.leMs === null)?.count ?? window.requests;
  if (total === 0) return undefined;
  return window.latency.find((b) => b.leMs !== null && b.count >= q * total)?.leMs ?? undefined;
}
