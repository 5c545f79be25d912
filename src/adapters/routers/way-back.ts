import type { TargetRef } from '../../domain/ids.js';
import type { Router, Split } from '../../domain/ports.js';
import { agreed, type Named, type Pair } from './agreed.js';
import { notFollowed } from './not-followed.js';
import { SLOTS } from './served.js';

export interface WayBack {
  readonly router: Router;
  /** Fails with what one of the two has failed with since, and says that the other has followed. */
  readonly settled: () => void;
}

/**
 * Two routers that serve a target together, on a way back: half of the users in safety is better than none, so nothing waits for the one
 * that does not follow, and nothing is taken back at the other. What one has failed at is not asked of it again; when all is done that
 * can be, `settled` fails with it, so that a retry brings it along. Fails by itself when neither follows.
 */
export function wayBack(pair: Pair): WayBack {
  const failed = new Map<Named, unknown>();
  const failure = (rest?: string): Error =>
    notFollowed(
      [...failed].map(([one, error]) => ({ one, error })),
      rest,
    );
  const each = async <T>(
    signal: AbortSignal,
    work: (one: Named, other: Named) => Promise<T>,
  ): Promise<readonly Done<T>[]> => {
    const [first, second] = pair;
    const here = pair.filter((one) => !failed.has(one));
    const ends = await Promise.allSettled(here.map((one) => work(one, one === first ? second : first)));
    signal.throwIfAborted();
    const done: Done<T>[] = [];
    for (const [i, one] of here.entries()) {
      const end = ends[i];
      if (end?.status === 'fulfilled') done.push({ one, value: end.value });
      else if (end !== undefined) failed.set(one, end.reason);
    }
    if (done.length === 0) throw failure();
    return done;
  };
  return {
    router: routerOf(pair, each),
    settled: () => {
      if (failed.size === 0) return;
      const [follows] = pair.filter((one) => !failed.has(one));
      const [lags] = failed.keys();
      throw failure(
        follows && lags && `${follows.name} has followed, and users of ${lags.name} are where they were`,
      );
    },
  };
}

interface Done<T> {
  readonly one: Named;
  readonly value: T;
}
type Each = <T>(
  signal: AbortSignal,
  work: (one: Named, other: Named) => Promise<T>,
) => Promise<readonly Done<T>[]>;

function routerOf(pair: Pair, each: Each): Router {
  return {
    async observe(t, signal) {
      const done = await each(signal, ({ router }) => router.observe(t, signal));
      return done.length < 2
        ? done[0]?.value
        : agreed(
            pair,
            done.map(({ value }) => value),
          );
    },
    async open(t, listen, signal, second) {
      const [one, two] = await each(signal, (at) =>
        at.router.open(t, at === pair[0] ? listen : second, signal),
      );
      if (one === undefined) throw new Error('each fails when neither follows');
      return { ...one.value, ...(two === undefined ? {} : { others: [two.value.address] }) };
    },
    admit: async (t, slot, release, members, signal) =>
      void (await each(signal, ({ router }) => router.admit(t, slot, release, members, signal))),
    split: async (t, split, signal) =>
      void (await each(signal, async (one, other) => {
        await bringUp(one.router, other.router, t, split, signal);
        await one.router.split(t, split, signal);
      })),
    async drain(t, slot, timeoutMs, signal) {
      const left = await each(signal, ({ router }) => router.drain(t, slot, timeoutMs, signal));
      return { inflight: left.reduce((sum, { value }) => sum + value.inflight, 0) };
    },
    withdraw: async (t, slot, signal) =>
      void (await each(signal, ({ router }) => router.withdraw(t, slot, signal))),
    close: async (t, signal) => void (await each(signal, ({ router }) => router.close(t, signal))),
  };
}

/** One that was away when a slot was admitted is told what the other knows of it, before anybody is sent there. */
async function bringUp(
  router: Router,
  other: Router,
  t: TargetRef,
  { shares }: Split,
  signal: AbortSignal,
): Promise<void> {
  const wanted = SLOTS.filter((slot) => (shares[slot] ?? 0) > 0);
  const here = await router.observe(t, signal);
  const lacking = wanted.filter((slot) => here?.members[slot] === undefined);
  if (lacking.length === 0) return;
  const there = await other.observe(t, signal).catch(() => undefined);
  for (const slot of lacking) {
    const { [slot]: members } = there?.members ?? {};
    if (members !== undefined) await router.admit(t, slot, there?.releases[slot] ?? '', members, signal);
  }
}
