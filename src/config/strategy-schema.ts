import { z } from 'zod';
import { choice, integer } from './fields.js';
import { flagName } from './flag-schema.js';
import { duration, percent } from './measures.js';

const shares = z
  .array(percent({ description: 'a share of the users' }))
  .min(1)
  .meta({
    description: 'shares of the users, rising to 100%',
    default: ['5%', '25%', '50%', '100%'],
    examples: [['5%', '25%', '100%']],
  });

/** The same, counted up; less than a percent at a time would be more shares than anybody watches. */
const counted = {
  step: percent(
    {
      description:
        'instead of `steps`: by so much each share is greater than the one before, and the first one than nothing; 5% where only `maximum` is said',
      examples: ['10%'],
    },
    '1%',
  ).optional(),
  maximum: percent(
    {
      description:
        'with `step`: the greatest share that is watched before all users come; 100% where it is not said',
      examples: ['50%'],
    },
    '1%',
  ).optional(),
};

/** What is said of one strategy alone. */
export const ofStrategies = {
  canary: z
    .strictObject({
      steps: shares.optional(),
      ...counted,
      step_duration: duration({
        description: 'how long each share is watched',
        default: '5m',
        examples: ['10m'],
      }).optional(),
    })
    .meta({ description: 'of the strategy `canary`' })
    .optional(),
  feature_flag: z
    .strictObject({
      flag: flagName
        .meta({
          description: 'a flag of `flags`: off while all users get the release, then on for more and more',
          examples: ['checkout'],
        })
        .optional(),
      variant: flagName
        .meta({
          description: 'the variant that is turned on; default: the only one beside its default',
          examples: ['urgent'],
        })
        .optional(),
      steps: shares.optional(),
      ...counted,
      step_duration: duration({
        description: 'how long the release is watched with the flag off, and each share with it on',
        default: '5m',
        examples: ['10m'],
      }).optional(),
    })
    .meta({ description: 'of the strategy `feature_flag`' })
    .optional(),
  rolling: z
    .strictObject({
      batch_size: integer(1, 49, {
        description:
          'how many instances are replaced at a time, fewer than there are: the others serve meanwhile; default: 2, or 1 of 2 instances',
        examples: [2],
      }).optional(),
      pause: duration({
        description: 'how long a batch is watched before the next one',
        default: '30s',
        examples: ['1m'],
      }).optional(),
      on_bad_batch: choice(['roll_back', 'ask'], [], {
        description:
          'when instances of a batch do not start, become ready or pass their smoke test: all goes back, or this batch alone, and a person is asked whether to try again',
        default: 'roll_back',
        examples: ['ask'],
      }).optional(),
    })
    .meta({ description: 'of the strategy `rolling`' })
    .optional(),
  strategy_with: z
    .record(z.string(), z.unknown())
    .meta({
      description: 'what a strategy of your own is given: plain data',
      examples: [{ first: 5, days: ['mon', 'tue'] }],
    })
    .optional(),
};
