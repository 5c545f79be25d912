import { FULL, type Share } from './plan.js';
import type { ObservedSlot } from './ports.js';
import type { Slot } from './target.js';

/** What runs and serves, read from the world. */
export interface Observed {
  readonly shares: Readonly<Partial<Record<Slot, Share>>>;
  readonly slots: readonly ObservedSlot[];
  /** What two routers that serve it together do not have the same, a sentence each; absent: nothing. */
  readonly differences?: readonly string[];
  /** Where users reach it, by the router that they come by; absent: it is not known, of all that are asked. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** One of two routers that is not asked, as the policy says that it is gone. */
  readonly gone?: string;
}

/** The slot that all users are on, or why there is none that could be taken as live. */
export function serving({ shares, slots, differences = [] }: Observed): ObservedSlot | string {
  if (differences.length > 0) return differences.join('; ');
  const used = Object.entries(shares).filter(([, share]) => share > 0);
  const [slot] = used.find(([, share]) => share === FULL) ?? [];
  if (used.length === 0) return 'the router sends no users anywhere';
  if (slot === undefined)
    return `users are on ${used.map(([name, share]) => `${name} (${String(share / 100)} %)`).join(' and ')}, not on one slot`;
  const found = slots.find((s) => s.slot === slot);
  return found?.instances.some(({ state }) => state === 'ready') === true
    ? found
    : `all users are sent to ${slot}, where nothing is ready`;
}
