import type { TargetRef } from '../src/domain/ids.js';
import type { Live } from '../src/domain/target.js';
import type { EffectDeps } from './deps.js';

/** What is to run in a slot. */
export type Filling = Pick<Live, 'slot' | 'release' | 'configuration'>;

/**
 * Instances of the release run and are ready in the slot, and the router knows them; no share is changed by that. `opened` comes between,
 * where the router may not know the target yet. Converges; fails with what provider and router fail with.
 */
export async function fillSlot<T>(
  { provider, router }: EffectDeps,
  ref: TargetRef,
  { slot, release, configuration }: Filling,
  signal: AbortSignal,
  opened: () => Promise<T>,
): Promise<T> {
  const instances = await provider.ensure(ref, slot, release, configuration, signal);
  const result = await opened();
  const urls = instances.map((x) => x.url);
  await router.admit(ref, slot, release.digest, urls, signal);
  return result;
}
