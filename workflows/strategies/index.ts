import { ApplicationFailure } from '@temporalio/workflow';
import { batchesOf } from '../../src/domain/batches.js';
import type { DeploymentInput } from '../../src/domain/inputs.js';
import { ladderOf, wayOf } from '../../src/domain/strategy.js';
import type { Moves } from '../moves.js';
import { blueGreen } from './blue-green.js';
import { canary } from './canary.js';
import { featureFlag } from './feature-flag.js';
import { inPlace } from './in-place.js';
import { rolling } from './rolling.js';
import { stepwise } from './stepwise.js';

/** A strategy is one short function over the moves: the whole way from what serves now to all users on the candidate. */
export function strategyFor(input: DeploymentInput): (moves: Moves) => Promise<void> {
  const { plan, replaces } = input;
  const strategy = wayOf(input);
  switch (strategy.kind) {
    case 'blue_green':
      return blueGreen;
    case 'in_place':
      return inPlace;
    case 'feature_flag':
      return (moves) => featureFlag(moves, strategy);
    case 'rolling': {
      const { replicas } = plan.configuration;
      const batches = batchesOf(replicas, replaces?.configuration.replicas ?? 0, strategy.batchSize);
      return (moves) => rolling(moves, batches, strategy);
    }
    case 'canary':
      return (moves) => stepwise(moves, input.kind === 'rollback' ? 'rollback' : 'canary', canary(strategy));
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
