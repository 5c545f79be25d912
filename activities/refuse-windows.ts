import type { TargetRef } from '../src/domain/ids.js';
import { durationText } from '../src/domain/duration.js';
import type { MetricSource } from '../src/domain/ports.js';
import type { Triggers } from '../src/domain/watch-plan.js';
import { ShipwayError } from '../src/errors.js';
import { answered } from './answered.js';

/**
 * Refuses a window in which its source knows one thing at most, before anybody has the candidate: what is to hold for a while would hang on
 * a moment. A source that does not say how often it looks is what looks are for. Changes nothing, so a retry is safe. Fails with
 * `config.invalid`.
 */
export async function refuseWindows(
  source: MetricSource,
  of: TargetRef,
  triggers: Triggers,
  signal: AbortSignal,
): Promise<void> {
  const resolutionMs = await answered(signal, async (ending) => source.resolution?.(of, ending)).catch(
    () => undefined,
  );
  signal.throwIfAborted();
  const [name, windowMs = 0] = windowsOf(triggers).find(([, ms]) => ms < (resolutionMs ?? 0)) ?? [];
  if (name === undefined || resolutionMs === undefined) return;
  throw new ShipwayError(
    'config.invalid',
    `triggers.${name}: its window is ${durationText(windowMs)}, and the metric source knows nothing new for ${durationText(resolutionMs)} at a time: a window of at least that, or a source that looks more often`,
  );
}

/** Of what the metric source is asked. */
const windowsOf = ({
  errorRate,
  responseTime,
  metrics = {},
}: Triggers): readonly (readonly [string, number])[] =>
  [
    ['error_rate', errorRate] as const,
    ['response_time', responseTime] as const,
    ...Object.entries(metrics).map(([name, metric]) => [`metrics.${name}`, metric] as const),
  ].flatMap(([name, trigger]) => (trigger === undefined ? [] : [[name, trigger.windowMs] as const]));
