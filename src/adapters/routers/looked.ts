import type { TargetRef } from '../../domain/ids.js';
import type { RouterState } from '../../domain/ports.js';
import { whyOf } from '../../errors.js';
import { agreed, type Named, type Pair } from './agreed.js';
import { failuresOf, notFollowed, type NotFollowed } from './not-followed.js';

const UNSEEN = 'did not answer';

/**
 * What is known of a target at those of the two that are asked. One that does not answer is a difference, and `unseen`: the other is
 * there for just that case. Fails with what they fail with when nothing is known: nobody answers, or only who does not know the target.
 */
export async function looked(
  pair: Pair,
  asked: readonly Named[],
  t: TargetRef,
  signal: AbortSignal,
): Promise<{ readonly state: RouterState | undefined; readonly unseen: readonly NotFollowed[] }> {
  const ends = await Promise.allSettled(asked.map(({ router }) => router.observe(t, signal)));
  signal.throwIfAborted();
  const unseen = failuresOf(asked, ends);
  const states = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  if (unseen.length === 0) return { state: states.length < 2 ? states[0] : agreed(pair, states), unseen };
  const [known] = states;
  const [failure] = unseen;
  if (known === undefined) throw notFollowed(unseen, { did: UNSEEN });
  const target = `${failure?.one.name ?? ''} ${UNSEEN}: ${whyOf(failure?.error)}`;
  return { state: { ...known, differences: { target } }, unseen };
}
