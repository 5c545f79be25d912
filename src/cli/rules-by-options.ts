import { COMPARISON_DEFAULTS, MOST_TOLERANCE } from '../config/comparison.js';
import { triggersOf } from '../config/deployment.js';
import { MOST_PERCENT } from '../config/measures.js';
import { USAGE_WINDOW_MS } from '../config/usage.js';
import { parseDuration, parsePercent, parseSize } from '../config/units.js';
import { durationText } from '../domain/duration.js';
import type { Triggers, WatchPlan } from '../domain/watch-plan.js';
import { UsageError } from '../errors.js';
import { string } from './output.js';
import type { Values } from './table.js';

/**
 * Rules with what options say of them. Of what neither says, the defaults of a configuration. Refuses what that refuses, with `UsageError`.
 */
export function withOptions(values: Values, { triggers, ...watch }: WatchPlan): WatchPlan {
  const changed = { ...errorsBy(values, triggers, watch), ...othersBy(values, triggers) };
  return { ...watch, triggers: { ...triggers, ...changed } };
}

function errorsBy(
  values: Values,
  { errorRate, comparison }: Triggers,
  { intervalMs }: Pick<WatchPlan, 'intervalMs'>,
): Triggers {
  const threshold = measure(values, 'error-rate', parsePercent, '5%');
  const windowMs = measure(values, 'window', parseDuration, '5m');
  const tolerance = measure(values, 'tolerance', parsePercent, '0.1%');
  if (windowMs !== undefined && windowMs < 2 * intervalMs)
    throw new UsageError(
      `--window ${durationText(windowMs)} is shorter than two looks of ${durationText(intervalMs)}`,
      `at least ${durationText(2 * intervalMs)}`,
    );
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
  const p95ThresholdMs = measure(values, 'p95', parseDuration, '500ms');
  const ofCpu = measure(values, 'cpu', (text) => parsePercent(text, MOST_PERCENT), '90%');
  const ofMemory = measure(values, 'memory', parseSize, '512Mi');
  const usual = { windowMs: USAGE_WINDOW_MS };
  return {
    ...(p95ThresholdMs === undefined
      ? {}
      : { responseTime: { ...(responseTime ?? triggersOf(undefined).responseTime), p95ThresholdMs } }),
    ...(ofCpu === undefined ? {} : { cpu: { ...(cpu ?? usual), threshold: ofCpu } }),
    ...(ofMemory === undefined ? {} : { memory: { ...(memory ?? usual), threshold: ofMemory } }),
  };
}

function measure(
  values: Values,
  option: string,
  parse: (text: string) => number | undefined,
  example: string,
): number | undefined {
  const text = string(values, option);
  const value = text === undefined ? undefined : parse(text);
  if (text === undefined || value !== undefined) return value;
  throw new UsageError(
    `--${option} does not take ${JSON.stringify(text)}`,
    `for example --${option} ${example}`,
  );
}
