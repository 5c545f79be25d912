import { objectIn } from '../json-object.js';
import { asked, type PrometheusAt } from './prometheus-api.js';

/**
 * The shortest time between two scrapes of anything that this Prometheus scrapes, in ms; `undefined` where it scrapes nothing, or is not one
 * that says so. Fails with `metrics.unavailable` without an answer, and where there are too many targets to read them all for one number.
 */
export async function resolutionOf(at: PrometheusAt, signal: AbortSignal): Promise<number | undefined> {
  const { status, text } = await asked(at, 'targets', { state: 'active' }, signal, LARGEST);
  const { data }: Answer = (status === 200 ? objectIn(text) : undefined) ?? {};
  const targets = Array.isArray(data?.activeTargets) ? (data.activeTargets as readonly unknown[]) : [];
  const all = targets.map(intervalIn).filter((ms) => ms > 0);
  return all.length === 0 ? undefined : Math.min(...all);
}

/** Of some thousand targets, with all that is known of each. */
const LARGEST = 4_000_000;

interface Answer {
  readonly data?: { readonly activeTargets?: unknown };
}

/** As Prometheus writes a duration: `15s`, `1m30s`. */
function intervalIn(target: unknown): number {
  const { scrapeInterval } = (target ?? {}) as { readonly scrapeInterval?: unknown };
  const parts = [...String(scrapeInterval).matchAll(/(\d+)(ms|s|m|h|d|w|y)/g)];
  return parts.reduce((sum, [, n, unit = '']) => sum + Number(n) * (MS[unit] ?? 0), 0);
}
const DAY = 86_400_000;
const MS: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 },
  ...{ d: DAY, w: 7 * DAY, y: 365 * DAY },
};
