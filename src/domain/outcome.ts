/** How a run or a deployment ended. `parked` is no outcome: it is a state, open and asking. */
export const OUTCOMES = [
  'shipped',
  'failed',
  'rejected',
  'expired',
  'rolled_back',
  'aborted',
  'superseded',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** How something ended, and why. Result of `pipeline` and of `deployment` when they shipped; otherwise it is the detail of their failure. */
export interface Ended {
  readonly outcome: Outcome;
  readonly reason: string;
  /** The row of the failure table that it ended by; absent: people or rules ended it, or the failure is none of the table. */
  readonly failure?: string;
}

/** The Temporal failure type of a run that did not ship, `run.<outcome>`. */
export const failureTypeOf = (outcome: Outcome): string => `run.${outcome}`;

/** The outcome that a failure type names. `run.outdated` is a row of the failure table, and no outcome. */
export const outcomeOfType = (type: string | null | undefined): Outcome | undefined =>
  OUTCOMES.find((outcome) => failureTypeOf(outcome) === type);

/** The CLI's exit code for what policy or a decision refuses. */
export const REFUSED = 3;

/** The CLI's exit code for an outcome. */
export const exitCodeOf = (outcome: Outcome): 0 | 1 =>
  outcome === 'shipped' || outcome === 'superseded' ? 0 : 1;
