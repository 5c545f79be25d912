import { ApplicationFailure } from '@temporalio/workflow';
import type { Strategy } from '../../src/domain/plan.js';
import { ladderOf } from '../../src/domain/strategy.js';
import type { Moves } from '../moves.js';
import { blueGreen } from './blue-green.js';
import { canary } from './canary.js';
import { stepwise } from './stepwise.js';

/** A strategy is one short function over the moves: from all traffic on stable to all traffic on the candidate. */
export function strategyOf(strategy: Strategy): (moves: Moves) => Promise<void> {
  switch (strategy.kind) {
    case 'blue_green':
      return blueGreen;
    case 'canary':
      return (moves) => stepwise(moves, 'canary', canary(strategy));
    case 'own': {
      const { uses, steps } = strategy;
      if (steps === undefined)
        throw ApplicationFailure.nonRetryable(
          `${uses} was admitted without its steps: nothing served then`,
          'strategy.invalid',
        );
      return (moves) => stepwise(moves, uses, ladderOf(steps));
    }
  }
}
