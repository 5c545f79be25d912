import { CommandError, innermost } from '../client/failure.js';
import { ConfigurationError, type Problem } from '../config/problem.js';
import { FAILURES } from '../domain/failures.js';
import { ShipwayError, UsageError, whyOf } from '../errors.js';

/** How a command ends when it cannot go on: what happened, why if that says more, what to do, and the exit code. */
export interface Ending {
  readonly message: string;
  readonly why?: string;
  readonly next: string;
  readonly exit: number;
  /** What is wrong in a configuration, each for itself; the message has all of it. */
  readonly problems?: readonly Problem[];
}

/** An error as a command ends with it. One that nobody foresaw is said to be that. */
export function failureOf(error: unknown): Ending {
  if (error instanceof ConfigurationError)
    return { message: error.message, next: error.next, exit: 2, problems: error.problems };
  if (error instanceof UsageError) return { message: error.message, next: error.next, exit: 2 };
  if (error instanceof CommandError)
    return { message: error.message, ...reasonIn(error), next: error.next, exit: error.exit };
  if (error instanceof ShipwayError) {
    const { next, exit, meaning } = FAILURES[error.type];
    return { message: error.message, why: `${error.type}: ${meaning}`, next, exit };
  }
  const { code } = (error ?? {}) as { code?: unknown };
  return {
    message: whyOf(error),
    ...(typeof code === 'string' ? { why: code } : {}),
    next: 'this was not foreseen: run it again with DEBUG=1 and report what it says',
    exit: 1,
  };
}

/** What was underneath, when it says something that the sentence does not. */
function reasonIn(error: CommandError): { readonly why?: string } {
  if (error.cause === undefined) return {};
  const { message } = innermost(error.cause);
  return message === '' || error.message.includes(message) ? {} : { why: message };
}
