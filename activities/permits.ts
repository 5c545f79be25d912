import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Permit, Store } from '../src/domain/store.js';
import { ShipwayError } from '../src/errors.js';

const REMEMBERED = 1_000;
/** What going back gives a store that hangs. */
const PATIENCE_MS = 250;

export interface PermitGuard {
  /** The open permit of the deployment that asks. Fails with `permit.missing`, `store.unavailable`. */
  readonly forward: () => Promise<Permit>;
  /**
   * The same for going back, which does not wait for the store when this worker has seen the permit before: a store that says at once
   * that it is closed is believed, one that says nothing is not waited for.
   */
  readonly back: () => Promise<Permit>;
}

/** No effect without a permit: the activity looks up the id of the very workflow that asked for it. */
export function permitGuard(store: Store): PermitGuard {
  const seen = new Map<string, Permit>();
  const forward = async (): Promise<Permit> => {
    const id = Context.current().info.workflowExecution?.workflowId ?? '';
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
  const back = async (): Promise<Permit> => {
    const known = seen.get(Context.current().info.workflowExecution?.workflowId ?? '');
    if (known === undefined) return forward();
    const asked = forward().catch((error: unknown) => {
      if (error instanceof ShipwayError && error.type === 'store.unavailable') return known;
      throw error;
    });
    return Promise.race([asked, sleep(PATIENCE_MS, known, { ref: false })]);
  };
  return { forward, back };
}
