import { durationText } from '../src/domain/duration.js';
import { ShipwayError } from '../src/errors.js';
import { within } from '../src/within.js';

/** Long for whoever is slow, and short beside the time that users would be with what nobody sees. */
export const ANSWER_MS = 10_000;

/** Whoever was asked has said nothing. */
export class NoAnswer extends Error {}

/**
 * What a port answers at a look, within its time. One that hangs is told to stop, and is not waited for, whether it heeds its signal or not:
 * it must not hold up what is judged without it. Then it fails with `NoAnswer`.
 */
export const answered = <T>(
  signal: AbortSignal,
  ask: (ending: AbortSignal) => Promise<T>,
  ms = ANSWER_MS,
): Promise<T> => within(ms, signal, (ending) => Promise.race([ended(ending, signal, ms), ask(ending)]));

const ended = (ending: AbortSignal, signal: AbortSignal, ms: number): Promise<never> =>
  new Promise((_, reject) => {
    const end = (): void => {
      reject(
        signal.aborted ? (signal.reason as Error) : new NoAnswer(`no answer within ${durationText(ms)}`),
      );
    };
    if (ending.aborted) end();
    ending.addEventListener('abort', end);
  });

/** Less than a whole look at a target may take: then it is told who did not answer. */
const SEEN_MS = 4_000;

/**
 * What a provider or a router says of a target. One that hangs fails as `silent` in time: every look at it would keep a place of the worker
 * that going back needs, too.
 */
export async function seen<T>(
  silent: 'provider.unavailable' | 'router.unavailable',
  signal: AbortSignal,
  ask: (ending: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await answered(signal, ask, SEEN_MS);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const who = silent === 'router.unavailable' ? 'router' : 'provider';
    throw new ShipwayError(silent, `the ${who} gave ${error.message}`);
  }
}
