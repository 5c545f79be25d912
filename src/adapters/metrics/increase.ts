import type { Series } from './prometheus-api.js';

/**
 * What counters have counted after `since` until `at`, each by itself: one that fell has begun at 0 again, so what it shows then counts
 * whole. A counter that was not there before counts whole too. Without `since` it is what they show at `at`. Whole numbers, never
 * extrapolated.
 */
export const increase = (series: readonly Series[], since: number | undefined, at: number): number =>
  series.reduce((sum, { samples }) => sum + grown(samples, since, at), 0);

function grown(samples: Series['samples'], since: number | undefined, at: number): number {
  const known = samples.filter((s) => s.at <= at);
  if (since === undefined) return known.at(-1)?.value ?? 0;
  let previous = known.findLast((s) => s.at <= since)?.value ?? 0;
  let sum = 0;
  for (const { at: when, value } of known) {
    if (when <= since) continue;
    sum += value >= previous ? value - previous : value;
    previous = value;
  }
  return sum;
}
