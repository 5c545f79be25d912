import { COMPARISON_DEFAULTS, MOST_TOLERANCE } from '../config/comparison.js';
import { triggersOf } from '../config/deployment.js';
import { triggers as schema } from '../config/trigger-schema.js';
import { MOST_BYTES, USAGE_WINDOW_MS } from '../config/usage.js';
import { durationText } from '../domain/duration.js';
import type { Triggers, WatchPlan } from '../domain/watch-plan.js';
import { UsageError } from '../errors.js';
import { string } from './output.js';
import type { Values } from './table.js';

/**
 * Rules with what options say of them. Of what neither says, the defaults of a configuration. Refuses what that refuses, with `UsageError`.
 */
export function withOptions(values: Values, { triggers, ...watch }: WatchPlan): WatchPlan {
  const changed = { ...errorsBy(values, triggers), ...othersBy(values, triggers) };
  refuseShort(values, triggers, changed, watch);
  return { ...watch, triggers: { ...triggers, ...changed } };
}

function errorsBy(values: Values, { errorRate, comparison }: Triggers): Triggers {
  const threshold = measure(values, 'error-rate');
  const windowMs = measure(values, 'window');
  const tolerance = measure(values, 'tolerance');
  if (tolerance !== undefined && tolerance > MOST_TOLERANCE)
    throw new UsageError(
      `--tolerance ${String(tolerance / 100)}%: hardly any release is so much worse`,
      `at most ${String(MOST_TOLERANCE / 100)}%`,
    );
  const errors = {
    ...(errorRate ?? triggersOf(undefined).errorRate),
    ...(threshold === undefined ? {} : { threshold }),
    ...(windowMs === undefined ? {} : { windowMs }),
  };
  return {
    ...(threshold === undefined && windowMs === undefined ? {} : { errorRate: errors }),
    ...(tolerance === undefined ? {} : { comparison: { ...COMPARISON_DEFAULTS, ...comparison, tolerance } }),
  };
}

/** Thresholds of what is slow, or uses too much. */
function othersBy(values: Values, { responseTime, cpu, memory }: Triggers): Triggers {
  const p95ThresholdMs = measure(values, 'p95');
  const ofCpu = measure(values, 'cpu');
  const ofMemory = measure(values, 'memory');
  if (ofMemory !== undefined && ofMemory > MOST_BYTES)
    throw new UsageError('--memory: no machine has so much', 'at most 64Ti');
  const usual = { windowMs: USAGE_WINDOW_MS };
  return {
    ...(p95ThresholdMs === undefined
      ? {}
      : { responseTime: { ...(responseTime ?? triggersOf(undefined).responseTime), p95ThresholdMs } }),
    ...(ofCpu === undefined ? {} : { cpu: { ...(cpu ?? usual), threshold: ofCpu } }),
    ...(ofMemory === undefined ? {} : { memory: { ...(memory ?? usual), threshold: ofMemory } }),
  };
}

const KEYS = {
  'error-rate': ['error_rate', 'threshold'],
  window: ['error_rate', 'window'],
  tolerance: ['comparison', 'tolerance'],
  p95: ['response_time', 'p95_threshold'],
  cpu: ['cpu', 'threshold'],
  memory: ['memory', 'threshold'],
} as const;

/** As the key of a configuration reads it, with what that suggests. */
function measure(values: Values, option: keyof typeof KEYS): number | undefined {
  const text = string(values, option);
  if (text === undefined) return undefined;
  const [trigger, key] = KEYS[option];
  const { data, error } = schema.safeParse({ [trigger]: { [key]: text } });
  if (data !== undefined) return (data[trigger] as Readonly<Record<string, number>>)[key];
  const [, suggestion = ''] = error?.issues[0]?.message.split('\n') ?? [];
  throw new UsageError(`--${option} does not take ${JSON.stringify(text)}`, suggestion);
}

const WINDOWS = {
  errorRate: 'error_rate',
  responseTime: 'response_time',
  cpu: 'cpu',
  memory: 'memory',
} as const;
type Windowed = keyof typeof WINDOWS;

/** A window that these options have brought along holds less than two looks. */
function refuseShort(
  values: Values,
  before: Triggers,
  changed: Triggers,
  { intervalMs }: Pick<WatchPlan, 'intervalMs'>,
): void {
  const least = durationText(2 * intervalMs);
  for (const trigger of Object.keys(WINDOWS) as Windowed[]) {
    const windowMs = changed[trigger]?.windowMs ?? Infinity;
    if (windowMs >= 2 * intervalMs || windowMs === before[trigger]?.windowMs) continue;
    const option = trigger === 'errorRate' ? string(values, 'window') : undefined;
    const what = option === undefined ? `${WINDOWS[trigger]}: its usual window of` : '--window';
    throw new UsageError(
      `${what} ${durationText(windowMs)} is shorter than two looks of ${durationText(intervalMs)}`,
      trigger === 'errorRate'
        ? `--window, at least ${least}`
        : `a configuration with -f, in which the window of ${WINDOWS[trigger]} is at least ${least}`,
    );
  }
}
