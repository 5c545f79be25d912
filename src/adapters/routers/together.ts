import type { TargetRef } from '../../domain/ids.js';
import { FULL } from '../../domain/plan.js';
import type { Router, RouterState, Split } from '../../domain/ports.js';
import { agreed, ofBoth, sharesText, type Named, type Pair } from './agreed.js';
import { notFollowed, whyOf } from './not-followed.js';

/** For putting back what one router has done and the other has not. */
const PUT_BACK_MS = 5_000;

/**
 * Two routers that serve a target together, on the way forward. Shares and addresses change at both or at none: the second one is told
 * when the first has come to it, and if one does not follow, those that were told are put back. Members are what there is and no
 * decision: each router is told of them, and so is what forgets, whatever becomes of the other one. Every failure names who did not
 * follow and what became of the other; a retry brings both to the same. Whoever has given up puts nothing back: what comes next does.
 * Fails with what the routers fail with. The way back is another one: see `wayBack`.
 */
export const together = (pair: Pair): Router => ({
  observe: async (t, signal) =>
    agreed(pair, await atBoth(pair, signal, ({ router }) => router.observe(t, signal))),
  open: (t, listen, signal, second) => open(pair, t, [listen, second], signal),
  split: (t, wanted, signal) => split(pair, t, wanted, signal),
  drain: async (t, slot, timeoutMs, signal) => {
    const left = await atBoth(pair, signal, ({ router }) => router.drain(t, slot, timeoutMs, signal));
    return { inflight: left.reduce((sum, { inflight }) => sum + inflight, 0) };
  },
  admit: async (t, slot, release, members, signal) =>
    void (await atBoth(pair, signal, ({ router }) => router.admit(t, slot, release, members, signal), DONE)),
  withdraw: async (t, slot, signal) =>
    void (await atBoth(pair, signal, ({ router }) => router.withdraw(t, slot, signal), DONE)),
  close: async (t, signal) =>
    void (await atBoth(pair, signal, ({ router }) => router.close(t, signal), DONE)),
});
const DONE = 'has followed';

/** The same at both, at once. Fails when one has failed; `rest` says what became of the other one then. */
async function atBoth<T>(
  pair: Pair,
  signal: AbortSignal,
  work: (one: Named) => Promise<T>,
  rest = '',
): Promise<readonly T[]> {
  const done = await Promise.allSettled(pair.map(work));
  signal.throwIfAborted();
  const failures = pair.flatMap((one, i) => {
    const end = done[i];
    return end?.status === 'rejected' ? [{ one, error: end.reason as unknown }] : [];
  });
  const [other] = pair.filter((one) => failures.every((failure) => failure.one !== one));
  if (failures.length > 0)
    throw notFollowed(failures, rest === '' || other === undefined ? '' : `${other.name} ${rest}`);
  return done.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
}

async function split(pair: Pair, t: TargetRef, wanted: Split, signal: AbortSignal): Promise<void> {
  // One that does not answer is found before anything has changed.
  const before = await atBoth(pair, signal, ({ router }) => router.observe(t, signal), 'was not told');
  const told: Named[] = [];
  for (const one of pair) {
    try {
      told.push(one);
      await one.router.split(t, wanted, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw notFollowed([{ one, error }], await putBack(told, t, wanted, before));
    }
  }
}

/**
 * Those that were told have the shares of before again; where the two had others, those that give the candidate less. The last of them
 * did not follow, and may have written down what it was told. Says what became of the first.
 */
async function putBack(
  told: readonly Named[],
  t: TargetRef,
  wanted: Split,
  before: readonly (RouterState | undefined)[],
): Promise<string> {
  const ofCandidate = ({ [wanted.candidate]: share = 0 }: RouterState['shares']): number => share;
  const [shares = {}] = before
    .flatMap((state) => (state === undefined ? [] : [state.shares]))
    .toSorted((a, b) => ofCandidate(a) - ofCandidate(b));
  const [first] = told;
  if (first === undefined) return '';
  // Where nobody was sent anywhere there is nothing to be put back to: the way back closes it.
  if (Object.values(shares).reduce((sum, share) => sum + share, 0) !== FULL)
    return told.length < 2 ? '' : `${first.name} sends ${sharesText(wanted.shares)}, and nobody before`;
  const signal = AbortSignal.timeout(PUT_BACK_MS);
  const ends = await Promise.allSettled(
    told.map(({ router }) => router.split(t, { ...wanted, shares }, signal)),
  );
  if (told.length < 2) return 'the other one was not told';
  return ends[0]?.status === 'rejected'
    ? `${first.name} could not be put back and sends ${sharesText(wanted.shares)}: ${whyOf(ends[0].reason)}`
    : `${first.name} was put back: ${sharesText(shares)}`;
}

async function open(
  [first, second]: Pair,
  t: TargetRef,
  [listen, other]: readonly (number | undefined)[],
  signal: AbortSignal,
): Promise<RouterState> {
  const at = async <T>(one: Named, work: (router: Router) => Promise<T>): Promise<T> => {
    try {
      return await work(one.router);
    } catch (error) {
      signal.throwIfAborted();
      throw notFollowed([{ one, error }]);
    }
  };
  const before = await at(first, (router) => router.observe(t, signal));
  const opened = await at(first, (router) => router.open(t, listen, signal));
  try {
    return ofBoth([first.name, second.name], [opened, await second.router.open(t, other, signal)]);
  } catch (error) {
    signal.throwIfAborted();
    throw notFollowed([{ one: second, error }], await closed(first, t, before, opened));
  }
}

/** As it was before it was opened. */
async function closed(
  { name, router }: Named,
  t: TargetRef,
  before: RouterState | undefined,
  { address }: RouterState,
): Promise<string> {
  if (before?.address === address) return '';
  const signal = AbortSignal.timeout(PUT_BACK_MS);
  try {
    if (before === undefined) await router.close(t, signal);
    else await router.open(t, Number(new URL(before.address).port), signal);
    return `${name} was put back: ${before?.address ?? 'closed'}`;
  } catch (error) {
    return `${name} could not be put back and listens at ${address}: ${whyOf(error)}`;
  }
}
