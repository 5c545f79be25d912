import { verdictOfBreach } from './breach.js';
import { percent } from './details.js';
import { measured, type Finding } from './judgement.js';
import {
  askedAt,
  isOutside,
  stateOf,
  under,
  type MetricBreach,
  type MetricBreaches,
} from './metric-breach.js';
import type { Verdict } from './verdict.js';
import type { BesideStable, MetricTrigger } from './watch-plan.js';
import type { Observation, Reading } from './watching.js';

/** What the newest look says of each business metric. One that has no limits of its own says nothing while stable is not asked. */
export const judgeMetrics = (
  metrics: Readonly<Record<string, MetricTrigger>> = {},
  newest: Observation | undefined,
  breaches: MetricBreaches | undefined,
): readonly Finding[] =>
  Object.entries(metrics).flatMap(([name, trigger]) => {
    const reading = under(newest?.metrics, name);
    return reading === undefined && !hasLimits(trigger)
      ? []
      : [
          findingOf(name, trigger, {
            reading,
            at: newest ? askedAt(newest) : 0,
            breach: under(breaches, name),
          }),
        ];
  });

/** Whether it can be judged without stable. */
export const hasLimits = ({ min, max }: MetricTrigger): boolean => min !== undefined || max !== undefined;

interface Judged {
  /** Absent: of a look that is judged by other rules than it was seen for. */
  readonly reading: Reading | undefined;
  readonly at: number;
  readonly breach: MetricBreach | undefined;
}

function findingOf(name: string, trigger: MetricTrigger, judged: Judged): Finding {
  const { value: number, stable } = judged.reading ?? NOT_ASKED;
  const value = number === null ? 'no value' : besideLimits(trigger, number);
  const limit = limitText(trigger, stable !== undefined);
  const beside = typeof stable === 'number' ? `, stable ${numberText(stable)}` : '';
  return {
    ...{ trigger: `metric:${name}`, value, limit },
    verdict: verdictOn(trigger, judged, `${name} ${value} (limit ${limit}${beside})`),
    measured: measured(number === null ? 0 : 1, number ?? undefined, stable ?? undefined),
  };
}
const NOT_ASKED: Reading = {
  value: null,
  missing: { kind: 'unavailable', reason: 'it was not asked for' },
};

function verdictOn(
  trigger: MetricTrigger,
  { reading = NOT_ASKED, at, breach }: Judged,
  said: string,
): Verdict {
  switch (stateOf(trigger, reading)) {
    case 'good':
      return { kind: 'pass', reason: said };
    case 'unknown': {
      const { kind, reason } = reading.missing ?? OF_ZERO;
      return { kind, reason: `${said}: ${reason}` };
    }
    case 'bad':
      return verdictOfBreach({
        ...{ said, at, windowMs: trigger.windowMs },
        breaches: breach?.ours === undefined ? [] : [breach.ours],
        stableHalfHeldAt: breach?.stableHalfHeldAt,
      });
  }
}
const OF_ZERO = {
  kind: 'inconclusive',
  reason: 'nothing is a part of 0, and min or max could tell',
} as const;

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

/** Whole where fewer digits would put it on the other side of a limit. */
const besideLimits = (limits: MetricTrigger, value: number): string =>
  isOutside(limits, Number(numberText(value))) === isOutside(limits, value)
    ? numberText(value)
    : String(value);

/** As many digits as people read. */
export const numberText = (value: number): string => String(Number(value.toPrecision(6)));
