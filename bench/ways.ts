import type { FlagDeclaration } from '../src/domain/flags.js';
import { FULL, type Strategy } from '../src/domain/plan.js';

/** How a version goes live. */
export interface Way {
  readonly strategy: Strategy;
  readonly flags?: readonly FlagDeclaration[];
  /** Nobody is served for a while: that is what the strategy is. */
  readonly downtime?: true;
}

const always =
  (way: Way): ((n: number) => Way) =>
  () =>
    way;

/** By the names that the rows have, each for the n-th version of a service. */
export const WAYS: Readonly<Record<string, (n: number) => Way>> = {
  blue_green: always({ strategy: { kind: 'blue_green' } }),
  canary: always({
    strategy: { kind: 'canary', steps: [500, 2_500, 5_000, FULL], stepDurationMs: 3_000 },
  }),
  rolling: always({ strategy: { kind: 'rolling', batchSize: 1, pauseMs: 2_000, onBadBatch: 'roll_back' } }),
  feature_flag: (n) => {
    // One that is on for users already cannot be shipped dark.
    const flag = `step-${String(n)}`;
    const steps = [2_500, FULL];
    return {
      strategy: { kind: 'feature_flag', flag, variant: 'on', steps, stepDurationMs: 500 },
      flags: [{ name: flag, variants: { on: true, off: false }, off: 'off' }],
    };
  },
  in_place: always({ strategy: { kind: 'in_place' }, downtime: true }),
};
