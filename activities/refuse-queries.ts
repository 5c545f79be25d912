import { named } from '../src/domain/queries.js';
import type { TargetRef } from '../src/domain/ids.js';
import type { MetricSource } from '../src/domain/ports.js';
import type { MetricTrigger } from '../src/domain/watch-plan.js';
import type { Subject } from '../src/domain/window.js';
import { ShipwayError } from '../src/errors.js';
import { answered } from './answered.js';

/**
 * Asks each business metric once, before anybody has the candidate: one that its source can never answer is refused. A source that is away,
 * and one that has nothing yet, are what looks are for. Changes nothing, so a retry is safe. Fails with `config.invalid`.
 */
export async function refuseQueries(
  source: MetricSource,
  of: TargetRef & Subject,
  metrics: Readonly<Record<string, MetricTrigger>> = {},
  signal: AbortSignal,
): Promise<void> {
  const asked = Object.entries(metrics).map(async ([name, { query }]) => {
    try {
      await answered(signal, async (ending) =>
        source.query?.(of, named(query, of), { at: Date.now() }, ending),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ShipwayError && error.type === 'config.invalid')
        throw new ShipwayError('config.invalid', `triggers.metrics.${name}: ${error.message}`);
    }
  });
  await Promise.all(asked);
}
