import { setTimeout as sleep } from 'node:timers/promises';
import type { Permit } from '../src/domain/permit.js';
import type { Store } from '../src/domain/store.js';
import { ShipwayError } from '../src/errors.js';
import { beyond, type Claimed } from './covered.js';
import { self } from './audit.js';

const REMEMBERED = 1_000;
/** What going back gives a store that hangs. */
const PATIENCE_MS = 250;

export interface PermitGuard {
  /** The deployment that asks has an open permit, for what it wants to do. Fails with `permit.missing`, `store.unavailable`. */
  readonly forward: (claimed: Claimed) => Promise<void>;
  /**
   * The same for going back, which does not wait for the store when this worker has seen the permit before: a store that says at once
   * that it is closed is believed, one that says nothing is not waited for.
   */
  readonly back: (claimed: Claimed) => Promise<void>;
}

/** No effect without a permit: the activity looks up the id of the very workflow that asked for it, and what that was admitted for. */
export function permitGuard(store: Store): PermitGuard {
  const seen = new Map<string, Permit>();
  const open = async (): Promise<Permit> => {
    const id = self();
    const permit = await store.permits.find(id);
    if (permit === undefined || permit.closedAt !== undefined)
      throw new ShipwayError(
        'permit.missing',
        `${id} has no permit${permit === undefined ? '' : ' any more'}`,
      );
    seen.set(id, permit);
    if (seen.size > REMEMBERED) seen.delete(seen.keys().next().value ?? '');
    return permit;
  };
  const remembered = async (): Promise<Permit> => {
    const known = seen.get(self());
    if (known === undefined) return open();
    const asked = open().catch((error: unknown) => {
      if (error instanceof ShipwayError && error.type === 'store.unavailable') return known;
      throw error;
    });
    return Promise.race([asked, sleep(PATIENCE_MS, known, { ref: false })]);
  };
  return {
    forward: async (claimed) => {
      refuseBeyond(await open(), claimed);
    },
    back: async (claimed) => {
      refuseBeyond(await remembered(), claimed);
    },
  };
}

function refuseBeyond(permit: Permit, claimed: Claimed): void {
  const what = beyond(permit, claimed);
  if (what === undefined) return;
  throw new ShipwayError(
    'permit.missing',
    `${permit.deployment} was not admitted for this: ${what} is another`,
  );
}
