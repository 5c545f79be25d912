import { CommandError } from '../client/failure.js';
import { FAILURES } from '../domain/failures.js';
import { ShipwayError, UsageError } from '../errors.js';
import { printable } from './output.js';

/** An error as a command ends with it. One that nobody foresaw is said to be that. */
export function failureOf(error: unknown): {
  readonly message: string;
  readonly next: string;
  readonly exit: number;
} {
  if (error instanceof UsageError) return { message: printable(error.message), next: error.next, exit: 2 };
  if (error instanceof CommandError)
    return { message: printable(error.message), next: error.next, exit: error.exit };
  if (error instanceof ShipwayError) {
    const { next, exit } = FAILURES[error.type];
    return { message: printable(error.message), next, exit };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: printable(message),
    next: 'this was not foreseen: run it again with DEBUG=1 and report what it says',
    exit: 1,
  };
}
