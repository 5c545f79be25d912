import { percent } from '../../src/domain/details.js';
import { FULL, type Strategy } from '../../src/domain/plan.js';
import type { Moves } from '../moves.js';

/**
 * A growing share of users, watched at each step; the same users stay with the candidate. A person may name the next share. The bake watches
 * the last step.
 */
export async function canary(moves: Moves, plan: Extract<Strategy, { kind: 'canary' }>): Promise<void> {
  for (;;) {
    const share = await moves.advance(plan.steps);
    if (share === undefined) return;
    if (share < FULL) await moves.watch(`canary ${percent(share)}`, plan.stepDurationMs);
  }
}
