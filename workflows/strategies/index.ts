import type { Strategy } from '../../src/domain/plan.js';
import type { Moves } from '../moves.js';
import { blueGreen } from './blue-green.js';
import { canary } from './canary.js';

/** A strategy is one short function over the moves: from all traffic on stable to all traffic on the candidate. */
export function strategyOf(strategy: Strategy): (moves: Moves) => Promise<void> {
  switch (strategy.kind) {
    case 'blue_green':
      return blueGreen;
    case 'canary':
      return (moves) => canary(moves, strategy);
  }
}
