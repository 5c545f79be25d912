import type { Instance } from '../src/domain/ports.js';
import type { Release } from '../src/domain/release.js';
import type { Live } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import type { EffectDeps } from './deps.js';
import { forward, type EffectInput, type Guarded } from './effect.js';
import { lives } from './fill-slot.js';
import { worldOf } from './world.js';

export interface ResizeInput extends EffectInput {
  readonly replaces: Live;
  /** How many instances of it are to run. */
  readonly count: number;
  readonly drainTimeoutMs: number;
}
export interface AdmitInstancesInput extends EffectInput {
  readonly release: Release;
  /** How many of them are to live; absent: earlier versions did not say so. */
  readonly least?: number;
}

/** Effects of strategies that move instances. */
export const resizeEffects = (deps: EffectDeps, guarded: Guarded) => ({
  /** Of stable so many instances run, and users are sent to no other. */
  resizeStable: forward(
    guarded,
    'resize_stable',
    (i: ResizeInput) => ({ slot: i.replaces.slot, release: i.replaces.release.digest, count: i.count }),
    async (i, signal, told) => resizeStable(await worldOf(deps, i, told), i, signal),
  ),
  /** The router knows all instances of the candidate. */
  admitInstances: forward(
    guarded,
    'admit_instances',
    (i: AdmitInstancesInput) => ({ slot: i.candidate, release: i.release.digest }),
    async (i, signal, told) => admitInstances(await worldOf(deps, i, told), i, signal),
  ),
});

/**
 * Stable has `count` instances. Those that leave get no new request before they end, and what they have in flight ends or has its time;
 * those that come are ready before the router knows them. With none the slot is emptied, and its users get 503. Every step converges.
 * Fails with what provider and router fail with.
 */
async function resizeStable(
  { provider, router }: EffectDeps,
  i: ResizeInput,
  signal: AbortSignal,
): Promise<void> {
  const { slot, release, configuration } = i.replaces;
  const seen = (await provider.observe(i, signal)).find((s) => s.slot === slot);
  const living = seen?.release === release.digest ? seen.instances.filter(lives).toSorted(readyFirst) : [];
  const admit = (urls: readonly string[]): Promise<void> =>
    router.admit(i, slot, release.digest, urls, signal);
  // Chosen once: whom the router keeps and who goes on running are the same.
  const stay = living.slice(0, i.count);
  if (living.length > i.count) {
    await admit(stay.map(({ url }) => url));
    await router.drain(i, slot, i.drainTimeoutMs, signal);
  }
  if (i.count === 0) return provider.remove(i, slot, signal);
  const ids = stay.map(({ id }) => id);
  const instances = await provider.ensure(i, slot, release, configuration, signal, i.count, ids);
  await admit(instances.map(({ url }) => url));
}

const readyFirst = (a: Instance, b: Instance): number =>
  Number(b.state === 'ready') - Number(a.state === 'ready');

/**
 * The router sends users of the candidate to all of its instances. Converges; fails with what provider and router fail with, and with
 * `instance.start_failed` when fewer live than are to: their users would have nobody to go to.
 */
async function admitInstances(
  { provider, router }: EffectDeps,
  i: AdmitInstancesInput,
  signal: AbortSignal,
): Promise<void> {
  const { digest } = i.release;
  const seen = (await provider.observe(i, signal)).find(
    (s) => s.slot === i.candidate && s.release === digest,
  );
  const urls = (seen?.instances ?? []).filter(lives).map(({ url }) => url);
  const { least = 0 } = i;
  if (urls.length < least)
    throw new ShipwayError(
      'instance.start_failed',
      `${String(urls.length)} of ${String(least)} instances of ${i.release.version} live in ${i.candidate}: the others have ended since their smoke test`,
    );
  await router.admit(i, i.candidate, digest, urls, signal);
}
