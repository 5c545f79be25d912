import type { FailureType } from '../../domain/failures.js';
import type { TargetRef } from '../../domain/ids.js';
import type { Router } from '../../domain/ports.js';
import { ShipwayError } from '../../errors.js';
import type { Named, Pair } from './agreed.js';
import { broughtAlong, type Running } from './bring-along.js';
import { looked } from './looked.js';
import { failuresOf, notFollowed, type NotFollowed } from './not-followed.js';

export interface WayBack {
  readonly router: Router;
  /**
   * Fails with what one of the two has failed with since, and says what became of the other. `retried`: as `router.unavailable` whatever
   * it was, where the failure is not to end what has brought the other's users to safety.
   */
  readonly settled: (how?: 'retried') => void;
  /** The same in words, for what goes on with the one that has followed; `undefined`: both have. Fails with what is no failure of a router. */
  readonly lagging: () => string | undefined;
}
/** What a router that was away is told when it is back. */
export interface Missed {
  /** Where the two are to listen, in their order; absent or 0: where they do, and at a free port where the target is not known. */
  readonly ports: readonly (number | undefined)[];
  readonly running: (t: TargetRef, signal: AbortSignal) => Promise<Running>;
}

/**
 * Two routers that serve a target together, on a way back: half of the users in safety is better than none, so nothing waits for the one
 * that does not follow, and nothing is taken back at the other. What one has failed at is not asked of it again, but for looks and an
 * address that it refuses: the shares may well be set there. When all is done that can be, `settled` fails with it, so that a retry brings it along.
 * Fails by itself when neither follows.
 */
export function wayBack(pair: Pair, missed: Missed): WayBack {
  const way = following(pair);
  return { router: routerOf(pair, missed, way), ...lookedBack(way.failure) };
}

interface Done<T> {
  readonly one: Named;
  readonly value: T;
}
interface Following {
  /** Of what has failed so far, and what became of the other; `undefined`: nothing has. `type`: as this, whatever it was. */
  readonly failure: (type?: FailureType) => Error | undefined;
  /** Those that have followed so far. */
  readonly here: () => readonly Named[];
  /** It has failed, and may well do what it is asked next. */
  readonly note: (failure: NotFollowed) => void;
  /** The same at each that has followed so far. `again`: of what is refused it is only noted, as the next may well be taken. */
  readonly each: <T>(
    signal: AbortSignal,
    work: (one: Named) => Promise<T>,
    again?: 'again',
  ) => Promise<readonly Done<T>[]>;
}

const isRefusal = (error: unknown): boolean =>
  error instanceof ShipwayError && error.type === 'router.refused';

function following(pair: Pair): Following {
  const failed = new Map<Named, NotFollowed>();
  const behind = new Set<Named>();
  const here = () => pair.filter((one) => !behind.has(one));
  const note = (failure: NotFollowed): void => void failed.set(failure.one, failure);
  return {
    ...{ here, note },
    async each(signal, work, again) {
      const asked = here();
      const ends = await Promise.allSettled(asked.map(work));
      signal.throwIfAborted();
      for (const failure of failuresOf(asked, ends)) {
        note(failure);
        if (again === undefined || !isRefusal(failure.error)) behind.add(failure.one);
      }
      const done = asked.flatMap((one, i) => {
        const end = ends[i];
        return end?.status === 'fulfilled' ? [{ one, value: end.value }] : [];
      });
      if (done.length === 0) throw notFollowed([...failed.values()]);
      return done;
    },
    failure(type) {
      const [lags] = failed.keys();
      if (lags === undefined) return undefined;
      const [follows] = pair.filter((one) => !failed.has(one));
      const where = behind.has(lags) ? `, and users of ${lags.name} may be where they were` : '';
      return notFollowed([...failed.values()], {
        ...(follows === undefined ? {} : { rest: `${follows.name} has followed${where}` }),
        ...(type === undefined ? {} : { type }),
      });
    },
  };
}

const lookedBack = (failure: Following['failure']): Pick<WayBack, 'settled' | 'lagging'> => ({
  settled(how) {
    const why = failure(how === undefined ? undefined : 'router.unavailable');
    if (why !== undefined) throw why;
  },
  lagging() {
    const why = failure();
    if (why === undefined || why instanceof ShipwayError) return why?.message;
    throw why;
  },
});

function routerOf(pair: Pair, missed: Missed, way: Following): Router {
  const [first, second] = pair;
  return {
    async observe(t, signal) {
      const { state, unseen } = await looked(pair, way.here(), t, signal);
      unseen.forEach(way.note);
      return state;
    },
    async open(t, listen, signal, other) {
      const work = (at: Named) => at.router.open(t, at === first ? listen : other, signal);
      const [one, two] = await way.each(signal, work, 'again');
      if (one === undefined) throw new Error('each fails when neither follows');
      return { ...one.value, ...(two === undefined ? {} : { others: [two.value.address] }) };
    },
    admit: async (t, slot, release, members, signal) =>
      void (await way.each(signal, ({ router }) => router.admit(t, slot, release, members, signal))),
    async split(t, wanted, signal) {
      let seen: Promise<Running> | undefined;
      const running = () => (seen ??= missed.running(t, signal));
      await way.each(signal, (one) => {
        const [other, port] = one === first ? [second, missed.ports[0]] : [first, missed.ports[1]];
        return broughtAlong({ router: one.router, other: other.router, port, running }, t, wanted, signal);
      });
    },
    async drain(t, slot, timeoutMs, signal) {
      const left = await way.each(signal, ({ router }) => router.drain(t, slot, timeoutMs, signal));
      return { inflight: left.reduce((sum, { value }) => sum + value.inflight, 0) };
    },
    withdraw: async (t, slot, signal) =>
      void (await way.each(signal, ({ router }) => router.withdraw(t, slot, signal))),
    close: async (t, signal) => void (await way.each(signal, ({ router }) => router.close(t, signal))),
  };
}
