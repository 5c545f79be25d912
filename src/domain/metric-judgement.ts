import { isHeld, soFar, type Breach } from './breach.js';
import { percent } from './details.js';
import { durationText } from './duration.js';
import { measured, type Finding } from './judgement.js';
import { apart, isOutside, stateOf, under, type Breaches } from './metric-breach.js';
import type { Verdict } from './verdict.js';
import type { BesideStable, MetricTrigger } from './watch-plan.js';
import type { Observation, Reading } from './watching.js';

/** What the newest look says of each business metric. One that has no limits of its own says nothing while stable is not asked. */
export const judgeMetrics = (
  metrics: Readonly<Record<string, MetricTrigger>> = {},
  newest: Observation | undefined,
  breaches: Breaches | undefined,
): readonly Finding[] =>
  Object.entries(metrics).flatMap(([name, trigger]) => {
    const reading = under(newest?.metrics, name);
    return reading === undefined && !hasLimits(trigger)
      ? []
      : [finding(name, trigger, reading ?? NOT_ASKED, under(breaches, name))];
  });

/** Whether it can be judged without stable. */
export const hasLimits = ({ min, max }: MetricTrigger): boolean => min !== undefined || max !== undefined;

function finding(
  name: string,
  trigger: MetricTrigger,
  reading: Reading,
  breach: Breach | undefined,
): Finding {
  const value = reading.value === null ? 'no value' : numberText(reading.value);
  const limit = limitText(trigger, reading.stable !== undefined);
  const beside = typeof reading.stable === 'number' ? `, stable ${numberText(reading.stable)}` : '';
  return {
    ...{ trigger: `metric:${name}`, value, limit },
    verdict: verdictOn(trigger, reading, breach, `${name} ${value} (limit ${limit}${beside})`),
    measured: measured(
      reading.value === null ? 0 : 1,
      reading.value ?? undefined,
      reading.stable ?? undefined,
    ),
  };
}
/** Of a look that is judged by other rules than it was seen for. */
const NOT_ASKED: Reading = {
  value: null,
  missing: { kind: 'unavailable', reason: 'it was not asked for' },
};

function verdictOn(
  trigger: MetricTrigger,
  reading: Reading,
  breach: Breach | undefined,
  said: string,
): Verdict {
  const { windowMs } = trigger;
  switch (stateOf(trigger, reading)) {
    case 'good':
      return { kind: 'pass', reason: said };
    case 'unknown': {
      const { kind, reason } = reading.missing ?? OF_ZERO;
      return { kind, reason: `${said}: ${reason}` };
    }
    case 'bad':
      if (breach === undefined || !isHeld(breach, windowMs))
        return { kind: 'inconclusive', reason: `${said}: ${tooFew(breach, windowMs)}` };
      return isBadToo(trigger, reading)
        ? { kind: 'inconclusive', reason: `both bad: ${said}, and stable is beyond the limit too` }
        : { kind: 'fail', reason: `${said}, at every look of ${durationText(windowMs)}` };
  }
}
const OF_ZERO = {
  kind: 'inconclusive',
  reason: 'nothing is a part of 0, and min or max could tell',
} as const;

function tooFew(breach: Breach | undefined, windowMs: number): string {
  const { since, last, looks, bad } = breach ?? { since: 0, last: 0, looks: 1, bad: 1 };
  return last - since < windowMs
    ? soFar(last - since, windowMs)
    : `at ${String(bad)} of ${String(looks)} looks, which are too few with a value`;
}

/** Going back would not help: stable is outside the same limits, and the candidate is no worse than it may be beside it. */
const isBadToo = (trigger: MetricTrigger, { value, stable }: Reading): boolean =>
  typeof stable === 'number' &&
  value !== null &&
  isOutside(trigger, stable) &&
  (trigger.beside === undefined || apart(trigger.beside, value, stable) !== 'bad');

type Limits = { readonly [K in 'min' | 'max' | 'beside']?: MetricTrigger[K] | undefined };
/** What is good, in words: `10 to 20`, and beside stable where that is asked. */
export function limitText({ min, max, beside }: Limits, isBeside = true): string {
  const range =
    min !== undefined && max !== undefined
      ? [`${String(min)} to ${String(max)}`]
      : [
          ...(min === undefined ? [] : [`at least ${String(min)}`]),
          ...(max === undefined ? [] : [`at most ${String(max)}`]),
        ];
  return [...range, ...(beside !== undefined && isBeside ? [besideText(beside)] : [])].join(', ');
}

const besideText = ({ direction, tolerance }: BesideStable): string =>
  `at most ${percent(tolerance)} ${direction === 'increase' ? 'above' : direction === 'decrease' ? 'below' : 'from'} stable’s`;

/** As many digits as people read. */
export const numberText = (value: number): string => String(Number(value.toPrecision(6)));
