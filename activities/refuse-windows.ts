import type { TargetRef } from '../src/domain/ids.js';
import { durationText } from '../src/domain/duration.js';
import type { Resolution } from '../src/domain/metric-source.js';
import type { MetricSource } from '../src/domain/ports.js';
import type { WatchPlan } from '../src/domain/watch-plan.js';
import { ShipwayError, whyOf } from '../src/errors.js';
import { answered } from './answered.js';

/**
 * Refuses a window in which its source knows one thing at most, before anybody has the candidate: what is to hold for a while would hang on
 * a moment. Answers which windows it could not tell that of, and why. Changes nothing, so a retry is safe. Fails with `config.invalid`.
 */
export async function refuseWindows(
  source: MetricSource,
  of: TargetRef,
  plan: Pick<WatchPlan, 'triggers' | 'queries'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const windows = windowsOf(plan);
  if (windows.length === 0 || source.resolution === undefined) return undefined;
  const queries = [...new Set(windows.flatMap((window) => window.queries))];
  let known: readonly Resolution[];
  try {
    known = await answered(signal, async (ending) => (await source.resolution?.(of, queries, ending)) ?? []);
  } catch (error) {
    signal.throwIfAborted();
    return unchecked(windows, whyOf(error));
  }
  return judged(windows, known);
}

function judged(windows: readonly Window[], known: readonly Resolution[]): string | undefined {
  const all = windows.flatMap((window) =>
    resolutionsFor(window, known).map((one) => ({ ...window, ...one })),
  );
  const [short] = all.filter(({ windowMs, leastMs }) => windowMs < leastMs);
  if (short !== undefined)
    throw new ShipwayError(
      'config.invalid',
      `triggers.${short.name}: its window is ${durationText(short.windowMs)}, and the metric source knows nothing new for ${durationText(short.leastMs)} at a time (${short.why}): a window of at least that, or a source that looks more often`,
    );
  const unsaid = windows.filter((window) => resolutionsFor(window, known).length === 0);
  if (unsaid.length > 0) return unchecked(unsaid, 'it does not say');
  const open = all.filter(({ windowMs, mostMs }) => windowMs < mostMs);
  const [{ leastMs, mostMs, why } = { leastMs: 0, mostMs: 0, why: '' }] = open;
  return open.length === 0
    ? undefined
    : unchecked(open, `from ${durationText(leastMs)} to ${durationText(mostMs)}: ${why}`);
}

/** Queries that the source knows nothing of are as the others of the same window: only where it knows none, all that it knows counts. */
function resolutionsFor({ queries }: Window, known: readonly Resolution[]): readonly Resolution[] {
  const own = known.filter(({ query }) => query !== undefined && queries.includes(query));
  return own.length > 0 ? own : known.filter(({ query }) => query === undefined);
}

const unchecked = (windows: readonly Window[], why: string): string =>
  `not checked that the window of ${[...new Set(windows.map(({ name }) => `triggers.${name}`))].join(', ')} is as long as the metric source takes to know something new: ${why}`;

interface Window {
  readonly name: string;
  readonly windowMs: number;
  /** What its source is asked for it: none where that knows by itself what to count. */
  readonly queries: readonly string[];
}

/** Of what the metric source is asked. Counters are as new as the oldest of them, so each query counts for both that are judged by them. */
function windowsOf({ triggers, queries }: Pick<WatchPlan, 'triggers' | 'queries'>): readonly Window[] {
  const { errorRate, responseTime, metrics = {} } = triggers;
  const counters: readonly string[] = Object.values(queries ?? {});
  return [
    ...Object.entries({ error_rate: errorRate, response_time: responseTime }).flatMap(([name, trigger]) =>
      trigger === undefined ? [] : [{ name, windowMs: trigger.windowMs, queries: counters }],
    ),
    ...Object.entries(metrics).map(([name, { windowMs, query }]) => ({
      ...{ name: `metrics.${name}`, windowMs },
      queries: [query],
    })),
  ];
}
