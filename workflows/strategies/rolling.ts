import { batchText, type Batch } from '../../src/domain/batches.js';
import type { RollingStrategy } from '../../src/domain/plan.js';
import type { Moves } from '../moves.js';

/** Batch by batch into the places of what serves, each watched before the next one. The bake watches the last. */
export async function rolling(
  moves: Moves,
  batches: readonly Batch[],
  { pauseMs, onBadBatch }: RollingStrategy,
): Promise<void> {
  for (const batch of batches) {
    if (onBadBatch === 'ask') await untilGood(moves, batch);
    else await moves.replace(batch);
    if (batch.to < batch.of && !moves.isWanted())
      await moves.watch(`rolling ${String(batch.to)} of ${String(batch.of)}`, pauseMs);
  }
}

/** A batch that does not come up is put back, and a person says whether it is tried again. */
async function untilGood(moves: Moves, batch: Batch): Promise<void> {
  for (;;) {
    const why = await moves.tryReplace(batch);
    if (why === undefined) return;
    await moves.ask(`batch ${batchText(batch)} was put back (${why}): try it again?`);
  }
}
