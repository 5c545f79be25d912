import { breachAfter, halfHeldAfter, type Breach, type State } from './breach.js';
import { FULL } from './plan.js';
import type { BesideStable, MetricTrigger } from './watch-plan.js';
import type { Observation, Reading } from './watching.js';

/** What a watch remembers of one business metric. */
export interface MetricBreach {
  /** Absent: the candidate’s value is not bad. */
  readonly ours?: Breach;
  /** Absent: stable’s is not. */
  readonly stable?: Breach;
  /** Epoch ms of the newest look at which stable’s had been bad for half a window. */
  readonly stableHalfHeldAt?: number;
}
/** By the names of those that are bad, or were. */
export type MetricBreaches = Readonly<Record<string, MetricBreach>>;

/** Breaches with one look more. */
export function metricBreachesAfter(
  metrics: Readonly<Record<string, MetricTrigger>> | undefined,
  before: MetricBreaches | undefined,
  look: Observation,
): MetricBreaches | undefined {
  if (metrics === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, trigger]) => {
      const next = metricBreachAfter(trigger, under(before, name), under(look.metrics, name), askedAt(look));
      return Object.keys(next).length === 0 ? [] : [[name, next]];
    }),
  );
}

function metricBreachAfter(
  trigger: MetricTrigger,
  before: MetricBreach | undefined,
  reading: Reading | undefined,
  at: number,
): MetricBreach {
  const { windowMs } = trigger;
  const ours = breachAfter(before?.ours, stateOf(trigger, reading), at, windowMs);
  const stable = breachAfter(before?.stable, stableStateOf(trigger, reading), at, windowMs);
  const half = halfHeldAfter(before?.stableHalfHeldAt, stable === undefined ? [] : [stable], windowMs);
  return {
    ...(ours === undefined ? {} : { ours }),
    ...(stable === undefined ? {} : { stable }),
    ...(half === undefined ? {} : { stableHalfHeldAt: half }),
  };
}

/** As of when the metrics of a look were asked. */
export const askedAt = ({ at, metricsAt = at }: Observation): number => metricsAt;

/** What stands under a name that a user has chosen, such as `constructor`. */
export const under = <T>(named: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  named !== undefined && Object.hasOwn(named, name) ? named[name] : undefined;

/** What a look says of a metric by itself and beside stable: bad in one of them is bad. */
export function stateOf(trigger: MetricTrigger, reading: Reading | undefined): State {
  if (reading === undefined || reading.value === null) return 'unknown';
  if (isOutside(trigger, reading.value)) return 'bad';
  if (trigger.beside === undefined || reading.stable === undefined) return 'good';
  return reading.stable === null ? 'unknown' : apart(trigger.beside, reading.value, reading.stable);
}

/** Bad is what is outside the same limits, with a candidate that is no worse than it may be beside it. */
function stableStateOf(trigger: MetricTrigger, { value, stable }: Reading = { value: null }): State {
  if (typeof stable !== 'number') return 'unknown';
  if (!isOutside(trigger, stable)) return 'good';
  const isApart =
    trigger.beside !== undefined && value !== null && apart(trigger.beside, value, stable) === 'bad';
  return isApart ? 'good' : 'bad';
}

export const isOutside = ({ min, max }: Pick<MetricTrigger, 'min' | 'max'>, value: number): boolean =>
  (min !== undefined && value < min) || (max !== undefined && value > max);

/** Nothing is a part of 0: what differs from that the bad way is `unknown`. */
export function apart({ direction, tolerance }: BesideStable, value: number, stable: number): State {
  const more = value - stable;
  const isBadWay = direction === 'increase' ? more > 0 : direction === 'decrease' ? more < 0 : more !== 0;
  if (!isBadWay) return 'good';
  if (stable === 0) return 'unknown';
  return Math.abs(more / stable) > tolerance / FULL ? 'bad' : 'good';
}
