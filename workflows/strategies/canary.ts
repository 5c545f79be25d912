import type { Strategy } from '../../src/domain/plan.js';
import type { Ladder } from '../../src/domain/strategy.js';

/** Each share is watched for the same time. */
export const canary = ({ steps, stepDurationMs: ms }: Extract<Strategy, { kind: 'canary' }>): Ladder => ({
  first: [],
  rungs: steps.map((share) => ({ share, then: [{ kind: 'watch', ms }] })),
});
