import { FULL, type Configuration, type Share } from './plan.js';
import type { Digest, Release } from './release.js';
import type { Slot, TargetState } from './target.js';

/** What runs and serves, read from the world. */
export interface Observed {
  readonly shares: Readonly<Partial<Record<Slot, Share>>>;
  readonly slots: readonly {
    readonly slot: Slot;
    readonly release: Digest;
    readonly version: string;
    readonly configuration: Digest;
    /** Instances that can be sent requests. */
    readonly ready: number;
  }[];
}
export type ObservedSlot = Observed['slots'][number];

/** The slot that all users are on, or why there is none that could be taken as live. */
export function serving({ shares, slots }: Observed): ObservedSlot | string {
  const used = Object.entries(shares).filter(([, share]) => share > 0);
  const [slot] = used.find(([, share]) => share === FULL) ?? [];
  if (used.length === 0) return 'the router sends no users anywhere';
  if (slot === undefined)
    return `users are on ${used.map(([name, share]) => `${name} (${String(share / 100)} %)`).join(' and ')}, not on one slot`;
  const found = slots.find((s) => s.slot === slot);
  if (found === undefined || found.ready === 0)
    return `all users are sent to ${slot}, where nothing is ready`;
  return found;
}

/** The record with what serves as live. Known good stays what passed its bake. */
export const adopted = (
  state: TargetState,
  found: { readonly slot: Slot; readonly release: Release; readonly configuration: Configuration },
  deployment: string,
  since: string,
): TargetState => ({ ...state, live: { ...found, deployment, since } });
