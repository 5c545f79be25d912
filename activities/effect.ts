import { Context } from '@temporalio/activity';
import type { Adapters } from '../src/domain/adapters.js';
import type { Subject } from '../src/domain/ids.js';
import type { Json } from '../src/domain/canonical.js';
import type { DeploymentKind, Store } from '../src/domain/store.js';
import type { Slot } from '../src/domain/target.js';
import { attempted } from './audit.js';
import { beating } from './beating.js';
import type { PermitGuard } from './permits.js';
import { whyOf } from '../src/errors.js';

/** What every effect is told: whose it is and which slots it is about. */
export interface EffectInput extends Subject {
  /** Absent: what is built in. */
  readonly adapters?: Adapters;
  readonly kind: DeploymentKind;
  readonly candidate: Slot;
  readonly stable?: Slot;
}

/** What every effect is guarded by. */
export interface Guarded {
  readonly store: Store;
  readonly permits: PermitGuard;
}

/** Takes what an act says of itself beside what was intended: it stands in the entry of its result. */
export type Told = (more: Details) => void;
type Details = { readonly [key: string]: Json };

/**
 * An effect on the way forward: permit, intent in the store, the act, its result in the store. Every act converges,
 * so a retry after any crash is safe. Fails with `permit.missing`, `store.unavailable` and what the act fails with.
 */
export function forward<I extends EffectInput, O>(
  { store, permits }: Guarded,
  name: string,
  say: (input: I) => Details,
  act: (input: I, signal: AbortSignal, told: Told) => Promise<O>,
): (input: I) => Promise<O> {
  return (input) =>
    beating(async (signal) => {
      await permits.forward(input);
      let also: Details = {};
      const details = { effect: name, ...say(input) };
      await store.audit.append([attempted(input, 'effect.intent', details)]);
      const result = await recorded(
        () => act(input, signal, (more) => (also = { ...also, ...more })),
        async (why) => {
          // Cancelled it is to go back, and what goes back does not wait for the store.
          if (signal.aborted) return;
          await store.audit.append([
            attempted(input, 'effect.result', { ...details, ...also, ok: false, why }),
          ]);
        },
      );
      await store.audit.append([attempted(input, 'effect.result', { ...details, ...also, ok: true })]);
      return result;
    });
}

/** Only what the act itself fails with is its failure: a result that could not be written is not. */
async function recorded<O>(act: () => Promise<O>, failed: (why: string) => Promise<void>): Promise<O> {
  try {
    return await act();
  } catch (error) {
    await failed(whyOf(error));
    throw error;
  }
}

/** An effect on the way back: acts at once, store or no store. Its entry is written when the deployment ends, marked late. */
export function back<I extends EffectInput, O>(
  { permits }: Pick<Guarded, 'permits'>,
  act: (input: I, signal: AbortSignal) => Promise<O>,
): (input: I) => Promise<O> {
  return (input) =>
    beating(async () => {
      await permits.back(input);
      return act(input, Context.current().cancellationSignal);
    });
}
