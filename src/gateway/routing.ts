import { BUCKETS, bucketOf, slotOfBucket } from '../domain/buckets.js';
import type { SlotState, TargetState } from './state.js';
import { visitorOf, type Headers } from './visitor.js';

export interface Routed {
  readonly slot: SlotState;
  /** Who asks, as far as users are told apart. */
  readonly user?: { readonly salt: string; readonly bucket: number };
  readonly setCookie?: string;
}
/** Where a request goes, by its headers alone; `undefined` when no slot has a share. */
export type Route = (request: { readonly headersDistinct: Headers }) => Routed | undefined;

/**
 * The route of a target as it is now. Users are told apart, and the gateway's cookie is set, only while two slots or more have a share:
 * a whole target has nobody to keep in place, and a cookie on every answer would spoil caches.
 */
export function routeOf(target: TargetState): Route {
  const { split } = target;
  if (split === undefined) return () => undefined;
  const slots = new Map(target.slots.map((s) => [s.slot, s]));
  const whole = split.shares.find(([, share]) => share === BUCKETS);
  if (whole !== undefined) {
    const slot = slots.get(whole[0]);
    return () => slot && { slot };
  }
  const shares = new Map(split.shares);
  return ({ headersDistinct }) => {
    const { key, setCookie } = visitorOf(headersDistinct, split.userKey);
    const user = { salt: split.salt, bucket: bucketOf(split.salt, Buffer.from(key, 'latin1')) };
    const name = slotOfBucket(shares, split.candidate, user.bucket);
    const slot = name === undefined ? undefined : slots.get(name);
    return slot && { slot, user, ...(setCookie !== undefined && { setCookie }) };
  };
}
