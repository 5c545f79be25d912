import { FULL, type DeploymentPlan, type GradualReturn, type Share, type Strategy } from './plan.js';

/** How a person wants users to go back; absent: as the configuration says. */
export const PACES = ['immediate', 'gradual'] as const;
export type Pace = (typeof PACES)[number];

export const RETURN_STEP_MS = 30_000;
const QUARTER: Share = FULL / 4;

/** How users go back in the end. */
export const returnOf = (
  pace: Pace | undefined,
  { rollback }: Pick<DeploymentPlan, 'rollback'>,
): GradualReturn | undefined =>
  pace === 'immediate'
    ? undefined
    : (rollback ?? (pace === 'gradual' ? { stepMs: RETURN_STEP_MS } : undefined));

/** The phase of a watch of what users go back to: its candidate is the release that served before. */
export const RETURNING = 'returning';

/** Shares that a release keeps on the way from `share` to none, by quarters of all users. */
export const keptOnTheWay = (share: Share): readonly Share[] =>
  [3, 2, 1].map((n) => n * QUARTER).filter((kept) => kept < share);

/** The same for a release that was brought back: a growing share. */
export const byQuarters = ({ stepMs }: GradualReturn): Strategy => ({
  kind: 'canary',
  steps: [1, 2, 3, 4].map((n) => n * QUARTER),
  stepDurationMs: stepMs,
});
