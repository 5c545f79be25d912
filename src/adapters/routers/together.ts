import type { TargetRef } from '../../domain/ids.js';
import { FULL } from '../../domain/plan.js';
import type { Router, RouterState, Split } from '../../domain/ports.js';
import { whyOf } from '../../errors.js';
import { within } from '../../within.js';
import { ofBoth, sharesText, type Named, type Pair } from './agreed.js';
import { portOf } from '../../domain/port-of.js';
import { looked } from './looked.js';
import { failuresOf, notFollowed } from './not-followed.js';
import { SLOTS } from './served.js';

/** For putting back what one router has done and the other has not. */
const PUT_BACK_MS = 5_000;

/**
 * Two routers that serve a target together, on the way forward. Shares and addresses change at both or at none: the second one is told
 * when it has proved that it can be changed and the first has come to it, and if one does not follow, those that were told are put back.
 * Members are what there is and no decision: each router is told of them, and so is what forgets, whatever becomes of the other one. Every
 * failure names who did not follow and what became of the other; a retry brings both to the same. Whoever has given up puts nothing back:
 * what comes next does. Fails with what the routers fail with. The way back is another one: see `wayBack`.
 */
export const together = (pair: Pair): Router => ({
  observe: async (t, signal) => (await looked(pair, pair, t, signal)).state,
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
  const failures = failuresOf(pair, done);
  const [other] = pair.filter((one) => failures.every((failure) => failure.one !== one));
  if (failures.length > 0)
    throw notFollowed(failures, rest === '' || other === undefined ? {} : { rest: `${other.name} ${rest}` });
  return done.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
}

/** Fails with what one of the two fails with, and says what `rest` has done about the other. */
async function at<T>(
  one: Named,
  signal: AbortSignal,
  work: (router: Router) => Promise<T>,
  rest: () => string | Promise<string> = () => '',
): Promise<T> {
  try {
    return await work(one.router);
  } catch (error) {
    signal.throwIfAborted();
    const said = await rest();
    signal.throwIfAborted();
    throw notFollowed([{ one, error }], { rest: said });
  }
}

async function split(pair: Pair, t: TargetRef, wanted: Split, signal: AbortSignal): Promise<void> {
  // One that does not answer is found before anything has changed.
  const before = await atBoth(pair, signal, ({ router }) => router.observe(t, signal), 'was not told');
  const [first, second] = pair;
  // So is one that answers and cannot be changed: it is told the shares that it has. One that has lost the target refuses any.
  const { shares = {} } = before[1] ?? wanted;
  if (isWhole(shares))
    await at(
      second,
      signal,
      (router) => router.split(t, { ...wanted, shares }, signal),
      () => `${first.name} was not told`,
    );
  for (const [i, one] of pair.entries())
    await at(
      one,
      signal,
      (router) => router.split(t, wanted, signal),
      () => putBack(pair.slice(0, i + 1), t, wanted, before, signal),
    );
}

/** Whether somebody is sent somewhere. */
const isWhole = (shares: RouterState['shares']): boolean =>
  Object.values(shares).reduce((sum, share) => sum + share, 0) === FULL;

/**
 * Those that were told have the shares of before again; where the two had others, those that give the candidate less. The last of them
 * did not follow, and may have written down what it was told. Says what became of the first.
 */
async function putBack(
  told: readonly Named[],
  t: TargetRef,
  wanted: Split,
  before: readonly (RouterState | undefined)[],
  signal: AbortSignal,
): Promise<string> {
  const ofCandidate = ({ [wanted.candidate]: share = 0 }: RouterState['shares']): number => share;
  const [shares = {}] = before
    .flatMap((state) => (state === undefined ? [] : [state.shares]))
    .toSorted((a, b) => ofCandidate(a) - ofCandidate(b));
  const [first] = told;
  if (first === undefined) return '';
  // Where nobody was sent anywhere there is nothing to be put back to: the way back closes it.
  if (!isWhole(shares))
    return told.length < 2 ? '' : `${first.name} sends ${sharesText(wanted.shares)}, and nobody before`;
  const [end] = await within(PUT_BACK_MS, signal, (ending) =>
    Promise.allSettled(told.map(({ router }) => router.split(t, { ...wanted, shares }, ending))),
  );
  const kept = end?.status === 'rejected' ? whyOf(end.reason) : undefined;
  if (told.length < 2)
    return kept === undefined
      ? 'the other one was not told'
      : `the other one was not told, and ${first.name} could not be put back: ${kept}`;
  return kept === undefined
    ? `${first.name} was put back: ${sharesText(shares)}`
    : `${first.name} could not be put back and sends ${sharesText(wanted.shares)}: ${kept}`;
}

async function open(
  pair: Pair,
  t: TargetRef,
  [listen, other]: readonly (number | undefined)[],
  signal: AbortSignal,
): Promise<RouterState> {
  const [first, second] = pair;
  // What cannot be looked at may be what to open it heals; then it is not known what to put back.
  const [before] = await Promise.allSettled([first.router.observe(t, signal)]);
  signal.throwIfAborted();
  const opened = await at(first, signal, (router) => router.open(t, listen, signal));
  const also = await at(
    second,
    signal,
    (router) => router.open(t, other, signal),
    () => (before.status === 'rejected' ? '' : closed(first, t, before.value, opened, signal)),
  );
  await found(pair, t, [opened, also], signal);
  return ofBoth([first.name, second.name], [opened, also]);
}

/** One that has lost a slot with users knows it again, as the other has it: without it there are no shares to set. */
async function found(
  pair: Pair,
  t: TargetRef,
  states: readonly [RouterState, RouterState],
  signal: AbortSignal,
): Promise<void> {
  const [a, b] = states;
  for (const [one, here, there] of [
    [pair[0], a, b],
    [pair[1], b, a],
  ] as const)
    for (const slot of SLOTS) {
      const { [slot]: members } = there.members;
      if (members === undefined || (there.shares[slot] ?? 0) === 0 || here.members[slot] !== undefined)
        continue;
      const release = there.releases[slot] ?? '';
      await at(one, signal, (router) => router.admit(t, slot, release, members, signal));
    }
}

/** As it was before it was opened. */
async function closed(
  { name, router }: Named,
  t: TargetRef,
  before: RouterState | undefined,
  { address }: RouterState,
  signal: AbortSignal,
): Promise<string> {
  if (before?.address === address) return '';
  try {
    const back = await within(PUT_BACK_MS, signal, async (ending) =>
      before === undefined
        ? void (await router.close(t, ending))
        : await router.open(t, portOf(before.address), ending),
    );
    return `${name} was put back: ${back?.address ?? 'closed'}`;
  } catch (error) {
    return `${name} could not be put back and listens at ${address}: ${whyOf(error)}`;
  }
}
