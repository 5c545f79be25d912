import type { TargetRef } from '../src/domain/ids.js';
import type { Store } from '../src/domain/store.js';
import { newTarget, type TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';

const TRIES = 10;

export const loadRecord = async (store: Pick<Store, 'targets'>, ref: TargetRef): Promise<TargetState> =>
  (await store.targets.load(ref)) ?? newTarget(ref);

/**
 * Runs `attempt` with the record of a target as it is now, again when somebody else has saved it meanwhile (`undefined`).
 * A save that was given up and lands late finds another revision. Fails with `store.unavailable` when others are always quicker.
 */
export async function withRecord<T>(
  store: Pick<Store, 'targets'>,
  ref: TargetRef,
  attempt: (state: TargetState) => Promise<T | undefined>,
): Promise<T> {
  for (let tried = 0; tried < TRIES; tried++) {
    const result = await attempt(await loadRecord(store, ref));
    if (result !== undefined) return result;
  }
  throw new ShipwayError(
    'store.unavailable',
    `the record of ${ref.service} in ${ref.environment} was changed by others ${String(TRIES)} times`,
  );
}

/** Saves what `change` makes of a target's record. */
export const changeRecord = async (
  store: Pick<Store, 'targets'>,
  ref: TargetRef,
  change: (state: TargetState) => TargetState | Promise<TargetState>,
): Promise<void> => {
  await withRecord(store, ref, async (state) => (await store.targets.save(await change(state))) || undefined);
};
