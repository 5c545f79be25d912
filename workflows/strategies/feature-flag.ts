import { percent } from '../../src/domain/details.js';
import type { FlagStrategy } from '../../src/domain/flags.js';
import { FULL } from '../../src/domain/plan.js';
import type { Moves } from '../moves.js';
import { beside } from './beside.js';

/**
 * All users get the release dark, which is watched; then more and more of them have the flag on, by its steps or to the share that a person
 * names. The bake watches the last step.
 */
export async function featureFlag(moves: Moves, strategy: FlagStrategy): Promise<void> {
  const { flag, stepDurationMs } = strategy;
  await moves.refuseLit(strategy);
  await beside(moves);
  await moves.shift(FULL);
  await moves.watch('dark', stepDurationMs);
  for (;;) {
    const share = await moves.ramp(strategy);
    if (share === undefined) return;
    if (share < FULL && !moves.isWanted()) await moves.watch(`${flag} ${percent(share)}`, stepDurationMs);
  }
}
