import { durationText } from '../src/domain/duration.js';
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
