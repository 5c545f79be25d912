import type { Policy } from '../domain/policy.js';
import type { Store } from '../domain/store.js';
import { ShipwayError } from '../errors.js';

/** The policy that rules now, read from the store at every decision. Fails with `store.unavailable`. */
export const currentPolicy = (store: Store) => async (): Promise<Policy> => {
  const row = await store.policy.current();
  if (row === undefined) throw new ShipwayError('policy.refused', 'no policy has been accepted yet');
  return JSON.parse(row.text) as Policy;
};
