import type { TargetRef } from '../src/domain/ids.js';
import type { MetricSource } from '../src/domain/ports.js';
import type { WatchPlan } from '../src/domain/watch-plan.js';
import type { Subject } from '../src/domain/window.js';
import { refuseQueries } from './refuse-queries.js';
import { refuseWindows } from './refuse-windows.js';

/**
 * Refuses what the metric source can never answer of what a plan's triggers ask. Answers what it could not tell that of, and why. Changes
 * nothing, so a retry is safe. Fails with `config.invalid`.
 */
export async function refuseUnanswerable(
  source: MetricSource,
  of: TargetRef & Subject,
  plan: Pick<WatchPlan, 'triggers' | 'queries'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [unchecked] = await Promise.all([
    refuseWindows(source, of, plan, signal),
    refuseQueries(source, of, plan.triggers.metrics, signal),
  ]);
  return unchecked;
}
