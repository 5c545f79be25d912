import type { Configuration } from './plan.js';
import type { Release } from './release.js';
import type { DeploymentRow } from './store.js';
import { replacesInstances, wayOf } from './strategy.js';
import { idleSlot, type Slot, type TargetState } from './target.js';

/** What a target's record has a slot for, and by which deployment. */
export interface Held {
  readonly slot: Slot;
  readonly role: 'live' | 'candidate' | 'replaced';
  readonly release: Release;
  readonly configuration: Configuration;
  readonly deployment: string;
  /** Its deployment changes how many of its instances run: those that are to run are those that are there. */
  readonly inPart?: true;
}

/**
 * The slots that are to run: what is live; of an open deployment also its candidate, and after its promotion what it replaces, which is
 * its way back. While a lost deployment is recovered only what that goes back to: the rest is about to be taken away.
 */
export function heldSlots(state: TargetState, open: readonly DeploymentRow[]): readonly Held[] {
  const { live, knownGood } = state;
  const recovering = open.some((row) => row.kind === 'recover');
  const moving = open.findLast((row) => row.kind !== 'recover');
  const promoted = moving !== undefined && live?.deployment === moving.id;
  const held: Held[] = [];
  if (live !== undefined && !(promoted && recovering)) held.push({ ...live, role: 'live' });
  if (moving !== undefined && !promoted && !recovering)
    held.push({
      ...{ slot: idleSlot(live), role: 'candidate' },
      ...{ release: moving.release, configuration: moving.plan.configuration, deployment: moving.id },
    });
  // Nothing is known good until it has passed its bake, so what was before it still is.
  if (promoted && knownGood !== undefined && knownGood.release.digest === moving.replaces?.digest)
    held.push({ ...knownGood, role: 'replaced' });
  const inPart = moving !== undefined && replacesInstances(wayOf(moving).kind);
  return held.map(({ slot, role, release, configuration, deployment }) => ({
    ...{ slot, role, release, configuration, deployment },
    ...(inPart ? { inPart } : {}),
  }));
}
