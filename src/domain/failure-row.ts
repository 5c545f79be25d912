/** One row of the failure table: activities throw from it, the CLI prints from it, the docs list it. */
export interface FailureRow {
  /** Whether Temporal tries the activity again by itself. */
  readonly retried: boolean;
  /** How often it is tried in all, when not until it is well: what waits for it holds something that others want. */
  readonly tries?: number;
  readonly meaning: string;
  /** What the operator does next. */
  readonly next: string;
  /** The CLI's exit code when this ends a command. */
  readonly exit: 1 | 2 | 3;
}

export const row = (retried: boolean, meaning: string, next: string, exit: 1 | 2 | 3 = 1): FailureRow => ({
  retried,
  meaning,
  next,
  exit,
});
