import type { Digest } from './release.js';
import type { Slot } from './target.js';
import type { Counters, Observation } from './watching.js';

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
export const NOTHING: Window = { requests: 0, errors: 0, latency: [] };

/**
 * Increments within the window: between the newest observation and the last one at or before its begin. A new epoch or a counter
 * that fell means that it started at 0 again, so what it shows counts whole and what was lost between is not invented.
 */
export function windowOf(observations: readonly Observation[], windowMs: number, who: Subject): Window {
  const newest = observations.at(-1);
  if (newest === undefined) return NOTHING;
  const since = newest.at - windowMs;
  const answered = (o: Observation): boolean => o.counters !== undefined;
  const begun = observations.findLastIndex((o) => answered(o) && o.at <= since);
  const first = begun === -1 ? observations.findIndex(answered) : begun;
  let before: Counters | undefined;
  const after: Counters[] = [];
  observations.forEach((look, i) => {
    const counters = find(look, who);
    // It may be missing at a look.
    if (i > first && counters !== undefined) after.push(counters);
    else before = counters ?? before;
  });
  return after.length === 0 ? NOTHING : increase(before, after);
}

/** What was counted from one reset to the next is told by the first and the last of it. */
function increase(before: Counters | undefined, after: readonly Counters[]): Window {
  let sum = NOTHING;
  let [from, last] = [before, before];
  for (const counters of after) {
    if (last !== undefined && isReset(last, counters)) {
      sum = add(sum, between(from, last));
      from = undefined;
    }
    last = counters;
  }
  return add(sum, between(from, last));
}

export const find = (o: Observation | undefined, who: Subject): Counters | undefined =>
  o?.counters?.find((c) => c.slot === who.slot && c.release === who.release);

export const isReset = (before: Counters, after: Counters): boolean =>
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
  if (before === undefined) return { requests: after.requests, errors: after.errors, latency: after.latency };
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
