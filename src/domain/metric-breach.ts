import { grown, type Breach, type State } from './breach.js';
import { FULL } from './plan.js';
import type { BesideStable, MetricTrigger } from './watch-plan.js';
import type { Observation, Reading } from './watching.js';

/** By the names of the business metrics that are bad. */
export type Breaches = Readonly<Record<string, Breach>>;

/** Breaches with one look more. */
export function breaching(
  metrics: Readonly<Record<string, MetricTrigger>> | undefined,
  before: Breaches | undefined,
  look: Observation,
): Breaches | undefined {
  if (metrics === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, trigger]) => {
      const state = stateOf(trigger, under(look.metrics, name));
      const next = grown(under(before, name), state, look.metricsAt ?? look.at, trigger.windowMs);
      return next === undefined ? [] : [[name, next]];
    }),
  );
}

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
