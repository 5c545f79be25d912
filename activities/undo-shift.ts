import { setTimeout as sleep } from 'node:timers/promises';
import type { DeploymentPlan, Share, UserKey } from '../src/domain/plan.js';
import type { Live } from '../src/domain/target.js';
import type { EffectDeps } from './deps.js';
import type { EffectInput } from './effect.js';
import { emptySlot, fillSlot, serving } from './fill-slot.js';
import { splitFor } from './split.js';

export interface UndoShiftInput extends EffectInput {
  /** Of two routers, where one that has lost the target is to listen; absent: at a free port. */
  readonly plan?: DeploymentPlan;
  readonly userKey: readonly UserKey[];
  /** What traffic goes back to. */
  readonly replaces?: Live;
  /** What the candidate keeps for now; absent: nothing. */
  readonly share?: Share;
  /** The two never run at the same time. */
  readonly alone?: true;
}
/** A release that is going back has no users any more, or is to lose them: only what is in flight may end. */
export const UNDO_DRAIN_MS = 5_000;
/** What hangs is slow to look at, and the candidate that hangs is looked at too: no user waits for that. */
const LOOK_MS = 500;

/**
 * Sends all users back to stable, and starts what of it does not run any more; answers what that was. While anything of stable may
 * run, traffic leaves the candidate first and stable is made whole after it. When nothing of it runs it is started first: a bad
 * candidate serves more than nobody. Where the two never run at the same time, the candidate ends before stable starts. With nothing to
 * go back to, the first deployment's address is closed. Every step converges, so a retry goes on from there. Fails with what provider and
 * router fail with.
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
  const split = (): Promise<void> => router.split(i, splitFor(i, i.share ?? 0), signal);
  const { replaces } = i;
  if (replaces === undefined) {
    await split();
    return undefined;
  }
  if (i.alone === true) return backAlone(deps, i, replaces, signal);
  const looking = serving(deps, i, replaces, signal);
  const unknown = (): undefined => undefined;
  const early = await Promise.race([looking.catch(unknown), sleep(LOOK_MS, undefined, { ref: false })]);
  if (early !== 0) await split();
  if ((await looking) >= replaces.configuration.replicas) return undefined;
  await fillSlot(deps, i, replaces, signal, () => Promise.resolve());
  if (early === 0) await split();
  return startedAgain(replaces);
}

/** Where the two never run at the same time: the candidate makes room before stable is started, and nothing serves between. */
async function backAlone(
  deps: EffectDeps,
  i: UndoShiftInput,
  replaces: Live,
  signal: AbortSignal,
): Promise<string | undefined> {
  const whole = (await serving(deps, i, replaces, signal)) >= replaces.configuration.replicas;
  if (!whole) {
    await emptySlot(deps, i, i.candidate, UNDO_DRAIN_MS, signal);
    await fillSlot(deps, i, replaces, signal, () => Promise.resolve());
  }
  await deps.router.split(i, splitFor(i, 0), signal);
  return whole ? undefined : startedAgain(replaces);
}

const startedAgain = ({ release, slot }: Live): string => `start ${release.version} in ${slot} again`;
