import type { FailureType } from './domain/failures.js';

/** A foreign or expected failure turned into a row of the failure table; adapters and store throw nothing else on purpose. */
export class ShipwayError extends Error {
  override readonly name = 'ShipwayError';
  readonly type: FailureType;

  /** What a workflow is told beside the message; JSON. */
  readonly details: unknown;

  constructor(
    type: FailureType,
    message: string,
    options?: { readonly cause?: unknown; readonly details?: unknown },
  ) {
    super(message, options);
    this.type = type;
    this.details = options?.details;
  }
}

/** The command line or a configuration is wrong: exit code 2. `next` says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly next: string;

  constructor(message: string, next: string) {
    super(message);
    this.next = next;
  }
}

/** What was thrown, in words. */
export const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
