import { isIP } from 'node:net';
import { FULL, type Share, type UserKey } from '../../domain/plan.js';
import type { Split } from '../../domain/ports.js';
import type { Digest } from '../../domain/release.js';
import type { Slot } from '../../domain/target.js';
import { refused } from './failures.js';

/** What a router that loads a folder is to do for shipway's targets, by `service/environment`. Every change makes a new value. */
export interface Served {
  readonly targets: Readonly<Record<string, ServedTarget>>;
}
export interface ServedTarget {
  readonly port: number;
  readonly shares: Readonly<Partial<Record<Slot, Share>>>;
  readonly slots: Readonly<Partial<Record<Slot, ServedSlot>>>;
  /** Of the last split; absent: nobody is sent anywhere yet. */
  readonly split?: Pick<Split, 'candidate' | 'salt'>;
  readonly userKey: readonly UserKey[];
}
export interface ServedSlot {
  readonly release: Digest;
  readonly members: readonly string[];
}
export const NOTHING: Served = { targets: {} };
export const SLOTS: readonly Slot[] = ['blue', 'green'];

export const withTarget = ({ targets }: Served, key: string, target: ServedTarget): Served => ({
  targets: { ...targets, [key]: target },
});
export const withoutTarget = ({ targets }: Served, key: string): Served => ({
  targets: Object.fromEntries(Object.entries(targets).filter(([name]) => name !== key)),
});

/** The slot with exactly these members; it has no share until a split gives it one. */
export function admitted(target: ServedTarget, slot: Slot, { release, members }: ServedSlot): ServedTarget {
  if (!/^[\w.-]{1,100}$/.test(release)) throw refused(`${JSON.stringify(release)} is no digest of a release`);
  members.forEach(addressOf);
  return { ...target, slots: { ...target.slots, [slot]: { release, members } } };
}

/** Without the slot; one that is unknown is withdrawn already. Fails with `router.refused` while it has a share. */
export function withdrawn(target: ServedTarget, slot: Slot): ServedTarget {
  const share = target.shares[slot] ?? 0;
  if (share > 0)
    throw refused(`${slot} has ${String(share)} of ${String(FULL)} of the traffic: split it away first`);
  const { [slot]: _share, ...shares } = target.shares;
  const { [slot]: _slot, ...slots } = target.slots;
  return { ...target, shares, slots };
}

/**
 * With the shares of `split`. A share of 0 for a slot that is not there is nothing, so that a way back can be repeated. Fails with
 * `router.refused` for any other unknown slot, for shares that are not everything, and for what the folder cannot hold.
 */
export function divided(target: ServedTarget, { shares, candidate, salt, userKey }: Split): ServedTarget {
  const given = SLOTS.flatMap((slot) => (shares[slot] === undefined ? [] : [[slot, shares[slot]] as const]));
  const unknown = given.filter(([slot, share]) => share > 0 && target.slots[slot] === undefined);
  if (unknown.length > 0) throw refused(`nothing is admitted in ${unknown.map(([slot]) => slot).join(', ')}`);
  const sum = given.reduce((total, [, share]) => total + share, 0);
  if (sum !== FULL || given.some(([, share]) => !Number.isInteger(share) || share < 0))
    throw refused(`the shares sum to ${String(sum)} and not to ${String(FULL)}`);
  if (!/^[\w./:-]{1,300}$/.test(salt)) throw refused(`${JSON.stringify(salt)} is no salt`);
  for (const one of userKey) plainKey(one);
  const known = given.filter(([slot]) => target.slots[slot] !== undefined);
  return { ...target, shares: Object.fromEntries(known), split: { candidate, salt }, userKey };
}

/** Whether all users are in one slot, so that nobody has to be told from anybody. */
export const isWhole = ({ shares }: ServedTarget): boolean => Object.values(shares).includes(FULL);

function plainKey(key: UserKey): void {
  const name = 'header' in key ? key.header : key.cookie;
  if (!/^[\w.-]{1,100}$/.test(name))
    throw refused(`user_key: ${JSON.stringify(name)} is no name that can stand in a router's configuration`);
}

/** Where a member is reached. Fails with `router.refused` when it is not `http://ADDRESS:PORT`. */
export function addressOf(member: string): { readonly host: string; readonly port: number } {
  const url = URL.canParse(member) ? new URL(member) : undefined;
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
  if (url?.protocol !== 'http:' || url.pathname !== '/' || isIP(host) === 0)
    throw refused(`${JSON.stringify(member)} is no http://ADDRESS:PORT`);
  return { host, port: Number(url.port === '' ? 80 : url.port) };
}
