import type { FailureType } from '../../src/domain/failures.js';
import { ShipwayError } from '../../src/errors.js';
import { fakeProvider, type FakeProvider } from './fake-provider.js';
import { fakeRouter, type FakeRouter } from './fake-router.js';

export interface FakeWorld extends FakeProvider, FakeRouter {
  /** Every change in order: `ensure blue v1`, `split green 500`, … */
  readonly log: string[];
  /** Makes the named operation fail from now on, or so many times, or not any more. */
  fail(operation: string, type: FailureType | undefined, times?: number): void;
  /** Makes the named operation hang until it is cancelled, or not any more. Answers how often it was begun. */
  stall(operation: 'ensure' | 'observe' | 'remove' | 'split', on: boolean): () => number;
}

/** What the fakes share. */
export interface Faults {
  /** Begins an operation: heeds an abort, hangs while it is stalled, throws when it was made to fail. */
  readonly met: (operation: string, signal: AbortSignal) => Promise<void>;
  /** Logs a change. */
  readonly note: (change: string) => void;
}

/** Provider and router in memory. They keep to the contracts of their ports, as far as nothing real is asked of them. */
export function fakeWorld(): FakeWorld {
  const log: string[] = [];
  const failing = new Map<string, { readonly type: FailureType; left: number }>();
  const stalling = new Map<string, number>();
  const stalled = async (operation: string, signal: AbortSignal): Promise<void> => {
    const begun = stalling.get(operation);
    if (begun === undefined) return;
    stalling.set(operation, begun + 1);
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  };
  const faults: Faults = {
    async met(operation, signal) {
      signal.throwIfAborted();
      await stalled(operation, signal);
      const failure = failing.get(operation);
      if (failure === undefined || failure.left === 0) return;
      failure.left -= 1;
      throw new ShipwayError(failure.type, `${operation} was made to fail`);
    },
    note: (change) => void log.push(change),
  };
  return {
    ...fakeProvider(faults),
    ...fakeRouter(faults),
    log,
    fail(operation, type, times = Infinity) {
      if (type === undefined) failing.delete(operation);
      else failing.set(operation, { type, left: times });
    },
    stall(operation, on) {
      if (on) stalling.set(operation, 0);
      else stalling.delete(operation);
      return () => stalling.get(operation) ?? 0;
    },
  };
}
