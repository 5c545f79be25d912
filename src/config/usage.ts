import { z } from 'zod';
import type { DeploymentPlan } from '../domain/plan.js';
import { RESOURCES } from '../domain/usage.js';
import type { Triggers } from '../domain/watch-plan.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import { duration, processors, size } from './measures.js';
import type { Problem } from './problem.js';

const window = duration({
  description: 'it is bad when one instance is above at every look of so long a time; at least two looks',
  default: '2m',
  examples: ['5m'],
});

/** Triggers of what instances use; whoever wants them says above what. */
export const usageTriggers = {
  cpu: z
    .strictObject({
      threshold: processors({
        description: 'above it is bad; of one processor, so that of several it may be more than 100%',
        examples: ['90%'],
      }).optional(),
      window: window.optional(),
    })
    .meta({
      description:
        'processor time of each of the release’s instances, with all that it has started; watched only when it is there',
      examples: [{ threshold: '90%', window: '2m' }],
    })
    .optional(),
  memory: z
    .strictObject({
      threshold: size({ description: 'above it is bad', examples: ['512Mi'] }, '1Mi').optional(),
      window: window.optional(),
    })
    .meta({
      description:
        'resident memory of each of the release’s instances, with all that it has started; watched only when it is there',
      examples: [{ threshold: '512Mi', window: '2m' }],
    })
    .optional(),
};
export const USAGE_WINDOW_MS = 120_000;

/** Those that are asked for: a plan without them has the hash that it always had. */
export const usageOf = (input: DeployInput['triggers'] = {}): Pick<Triggers, 'cpu' | 'memory'> =>
  Object.fromEntries(
    RESOURCES.flatMap((resource) => {
      const { threshold, window: windowMs = USAGE_WINDOW_MS } = input[resource] ?? {};
      return threshold === undefined ? [] : [[resource, { threshold, windowMs }]];
    }),
  );

/** No machine has more. */
export const MOST_BYTES = 64 * 1024 ** 4;
const EXAMPLES = { cpu: '90%', memory: '512Mi' } as const;

/** What can be neither meant nor found. */
export function usageProblems(
  { watch: { triggers } }: DeploymentPlan,
  { triggers: input = {} }: DeployInput,
  { read, say }: Ask,
): Problem[] {
  return RESOURCES.flatMap((resource) => {
    const keys = ['triggers', resource];
    const trigger = triggers[resource];
    if (input[resource] === undefined || !read(keys)) return [];
    if (trigger === undefined)
      return [say(keys, 'it does not say above what', `threshold: ${EXAMPLES[resource]}`)];
    return resource === 'cpu' || trigger.threshold <= MOST_BYTES
      ? []
      : [say([...keys, 'threshold'], 'no machine has so much memory', 'at most 64Ti')];
  });
}
