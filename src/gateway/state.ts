import { BUCKETS } from '../domain/buckets.js';
import { Refusal } from './refusal.js';

/** What the gateway knows for good, as it is in `state.json`. Every change makes a new value; none is edited. */
export interface GatewayState {
  readonly targets: readonly TargetState[];
}
export interface TargetName {
  readonly service: string;
  readonly environment: string;
}
export interface TargetState extends TargetName {
  readonly port: number;
  readonly split?: SplitState;
  readonly slots: readonly SlotState[];
}
export interface SlotState {
  readonly slot: string;
  readonly release: string;
  readonly members: readonly string[];
}
export interface SplitState {
  /** Basis points by slot, as pairs so that no slot's name can be mistaken for a key of an object. */
  readonly shares: readonly (readonly [slot: string, share: number])[];
  readonly candidate: string;
  readonly salt: string;
  readonly userKey: readonly UserKey[];
}
export type UserKey = { readonly header: string } | { readonly cookie: string };

export const NOTHING: GatewayState = { targets: [] };

export const sameTarget = (a: TargetName, b: TargetName): boolean =>
  a.service === b.service && a.environment === b.environment;

export const findTarget = (state: GatewayState, name: TargetName): TargetState | undefined =>
  state.targets.find((t) => sameTarget(t, name));

/** Fails with 404 `unknown_target`. */
export function targetIn(state: GatewayState, name: TargetName): TargetState {
  const target = findTarget(state, name);
  if (target !== undefined) return target;
  const path = `/targets/${name.service}/${name.environment}`;
  throw new Refusal(404, 'unknown_target', `there is no target ${path}; create it with PUT ${path}`);
}

export const shareOf = (target: TargetState, slot: string): number =>
  target.split?.shares.find(([name]) => name === slot)?.[1] ?? 0;

export function withTarget(state: GatewayState, target: TargetState): GatewayState {
  return { targets: [...withoutTarget(state, target).targets, target] };
}

export function withoutTarget(state: GatewayState, name: TargetName): GatewayState {
  return { targets: state.targets.filter((t) => !sameTarget(t, name)) };
}

/** The slot with exactly these members; it has no share until a split gives it one. */
export function admitted(target: TargetState, slot: SlotState): TargetState {
  const others = target.slots.filter((s) => s.slot !== slot.slot);
  return { ...target, slots: [...others, slot].sort((a, b) => (a.slot < b.slot ? -1 : 1)) };
}

/** Without the slot; one that is unknown is withdrawn already. Fails with 409 `in_use` while it has a share. */
export function withdrawn(target: TargetState, slot: string): TargetState {
  const share = shareOf(target, slot);
  if (share > 0) {
    throw new Refusal(
      409,
      'in_use',
      `slot ${slot} of ${target.service} in ${target.environment} has ${String(share)} of ${String(BUCKETS)} of the traffic; split it away first`,
    );
  }
  const { split } = target;
  return {
    ...target,
    slots: target.slots.filter((s) => s.slot !== slot),
    ...(split && { split: { ...split, shares: split.shares.filter(([name]) => name !== slot) } }),
  };
}

/**
 * With the shares of `split`. A share of 0 for an unknown slot is dropped, so that moving traffic away can be repeated after the
 * slot is gone. Fails with 400 `unknown_slot` for any other unknown slot and 400 `invalid` when the shares are not everything.
 */
export function divided(target: TargetState, split: SplitState): TargetState {
  const known = new Set(target.slots.map((s) => s.slot));
  const unknown = split.shares.filter(([slot, share]) => share > 0 && !known.has(slot)).map(([slot]) => slot);
  if (unknown.length > 0) {
    const have = known.size > 0 ? [...known].join(', ') : 'none';
    throw new Refusal(
      400,
      'unknown_slot',
      `shares: unknown slot ${unknown.join(', ')}; admitted are: ${have}`,
    );
  }
  const sum = split.shares.reduce((total, [, share]) => total + share, 0);
  if (sum !== BUCKETS) {
    throw new Refusal(
      400,
      'invalid',
      `shares: the basis points sum to ${String(sum)}, they must sum to ${String(BUCKETS)}`,
    );
  }
  return { ...target, split: { ...split, shares: split.shares.filter(([slot]) => known.has(slot)) } };
}
