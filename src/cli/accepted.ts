import { CommandError } from '../client/failure.js';
import type { Accepted } from '../domain/messages.js';
import { REFUSED } from '../domain/outcome.js';

/**
 * What is said of a message that was taken. Fails with `CommandError`, exit code 3, when it does not count: refused by its form or after
 * it was verified, `look` is what helps then.
 */
export async function accepted(answer: Promise<Accepted>, look: string): Promise<string> {
  const { status, message } = await answer.catch((error: unknown) => {
    const refused = error instanceof CommandError && error.kind === 'refused';
    throw refused ? new CommandError(error.message, look, REFUSED, error.cause, 'refused') : error;
  });
  if (status === 'refused') throw new CommandError(message, look, REFUSED);
  return message;
}
