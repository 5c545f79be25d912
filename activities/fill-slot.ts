import type { TargetRef } from '../src/domain/ids.js';
import type { Instance } from '../src/domain/ports.js';
import type { Live, Slot } from '../src/domain/target.js';
import type { EffectDeps } from './deps.js';

/** What is to run in a slot. */
export type Filling = Pick<Live, 'slot' | 'release' | 'configuration'>;

/** Whether an instance has a process, well or not. */
export const lives = ({ state }: Instance): boolean => state !== 'gone' && state !== 'lost';

/** How many instances of what is to run live where the router would send users; where it would send nobody, only the router is asked. */
export async function serving(
  { provider, router }: EffectDeps,
  ref: TargetRef,
  { slot, release }: Filling,
  signal: AbortSignal,
): Promise<number> {
  const members = (await router.observe(ref, signal))?.members[slot] ?? [];
  if (members.length === 0) return 0;
  const seen = await provider.observe(ref, signal);
  const instances = seen.find((s) => s.slot === slot && s.release === release.digest)?.instances ?? [];
  return instances.filter((one) => lives(one) && members.includes(one.url)).length;
}

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

/** Nothing runs in the slot, whoever was sent to it; its users get 503. Converges; fails with what provider and router fail with. */
export async function emptySlot(
  { provider, router }: EffectDeps,
  ref: TargetRef,
  slot: Slot,
  drainMs: number,
  signal: AbortSignal,
): Promise<void> {
  const release = (await router.observe(ref, signal))?.releases[slot];
  if (release !== undefined) {
    await router.admit(ref, slot, release, [], signal);
    await router.drain(ref, slot, drainMs, signal);
  }
  await provider.remove(ref, slot, signal);
}

/** No router has the slot, and what it had in flight has ended or had its time. Converges; fails with what routers fail with. */
export async function forgotten(
  { router }: EffectDeps,
  ref: TargetRef,
  slot: Slot,
  drainMs: number,
  signal: AbortSignal,
): Promise<void> {
  const known = await router.observe(ref, signal);
  // Of two routers the one that did not answer may know it.
  if (known?.members[slot] === undefined && known?.differences?.target === undefined) return;
  await router.drain(ref, slot, drainMs, signal);
  await router.withdraw(ref, slot, signal);
}
