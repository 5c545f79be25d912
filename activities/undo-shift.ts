import { setTimeout as sleep } from 'node:timers/promises';
import type { UserKey } from '../src/domain/plan.js';
import type { Live } from '../src/domain/target.js';
import type { EffectDeps } from './deps.js';
import type { EffectInput } from './effect.js';
import { fillSlot } from './fill-slot.js';
import { splitFor } from './split.js';

export interface UndoShiftInput extends EffectInput {
  readonly userKey: readonly UserKey[];
  /** What traffic goes back to. */
  readonly replaces?: Live;
}
/** What hangs is slow to look at, and the candidate that hangs is looked at too: no user waits for that. */
const LOOK_MS = 500;

/**
 * Sends all users back to stable, and starts what of it does not run any more; answers what that was. While anything of stable may
 * run, traffic leaves the candidate first and stable is made whole after it. When nothing of it runs it is started first: a bad
 * candidate serves more than nobody. With nothing to go back to, the first deployment's address is closed. Every step converges, so a
 * retry goes on from there. Fails with what provider and router fail with.
 */
export async function undoShift(
  deps: EffectDeps,
  i: UndoShiftInput,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { router } = deps;
  if (i.stable === undefined) {
    await router.close(i, signal);
    return undefined;
  }
  const split = (): Promise<void> => router.split(i, splitFor(i, 0), signal);
  const { replaces } = i;
  if (replaces === undefined) {
    await split();
    return undefined;
  }
  const looking = serving(deps, i, replaces, signal);
  const unknown = (): undefined => undefined;
  const early = await Promise.race([looking.catch(unknown), sleep(LOOK_MS, undefined, { ref: false })]);
  if (early !== 0) await split();
  if ((await looking) >= replaces.configuration.replicas) return undefined;
  await fillSlot(deps, i, replaces, signal, () => Promise.resolve());
  if (early === 0) await split();
  return `start ${replaces.release.version} in ${replaces.slot} again`;
}

/** How many instances of stable live where the router would send users. */
async function serving(
  { provider, router }: EffectDeps,
  i: EffectInput,
  { slot, release }: Live,
  signal: AbortSignal,
): Promise<number> {
  const [seen, known] = await Promise.all([provider.observe(i, signal), router.observe(i, signal)]);
  const members = known?.members[slot] ?? [];
  const instances = seen.find((s) => s.slot === slot && s.release === release.digest)?.instances ?? [];
  return instances.filter(({ state, url }) => state !== 'gone' && state !== 'lost' && members.includes(url))
    .length;
}
