import type { EffectDeps } from '../../activities/deps.js';
import { worldBackAt } from '../../activities/world.js';
import type { AuditEntry } from '../domain/audit.js';
import { heldSlots, type Held } from '../domain/held.js';
import type { TargetRef } from '../domain/ids.js';
import type { Instance, ObservedSlot, RouterState } from '../domain/ports.js';
import type { Store } from '../domain/store.js';
import type { Slot } from '../domain/target.js';

/**
 * Makes a slot run that its target holds, and its members known to the router; no share is changed. What was done it hands to `did`, for
 * the audit, before it fails with one of two routers that has not followed: that may stay away for long. What is live runs before the router is asked, which may start later; a candidate
 * and what was replaced only when the router has them.
 *
 * While a deployment of the target is open, what ended by itself stays as it is: to see that is what the watch is for, and to mend it
 * the way back. With none open nobody else would start what is live.
 */
export async function restoreSlot(
  effects: EffectDeps,
  ref: TargetRef,
  slot: Slot,
  signal: AbortSignal,
  did: (done: Done) => Promise<void>,
): Promise<void> {
  const world = await worldBackAt(effects, ref);
  const done = await restored(world, ref, slot, signal);
  if (done !== undefined) await did(done);
  // Of two routers that serve together, one that was away is told, too.
  world.settled();
}
export type Done = Pick<AuditEntry, 'event_type' | 'details'>;

async function restored(
  { store, provider, router }: EffectDeps,
  ref: TargetRef,
  slot: Slot,
  signal: AbortSignal,
): Promise<Done | undefined> {
  const seen = (await provider.observe(ref, signal)).find((s) => s.slot === slot);
  const [asked] = await Promise.allSettled([router.observe(ref, signal)]);
  const known = asked.status === 'fulfilled' ? asked.value : undefined;
  // Read last: the looks may have taken a while, and the target may have gone on.
  const { held, open } = await heldNow(store, ref, slot);
  if (held === undefined) return undefined;
  const runs = instancesOf(held, seen);
  const wanted = wantedOf(held, seen);
  if (wanted === 0) return undefined;
  const enough = runs.length >= wanted;
  if (asked.status === 'rejected' && (enough || held.role !== 'live')) throw asked.reason;
  if (held.role !== 'live' && !hasSlot(known, held)) return undefined;
  if (enough && (known === undefined || sameMembers(known, slot, runs))) return undefined;
  if (open && !endedWithHost(held, seen)) return undefined;

  const part = held.inPart === true ? wanted : undefined;
  const instances = await provider.ensure(ref, slot, held.release, held.configuration, signal, part);
  const now = await router.observe(ref, signal);
  const after = await heldNow(store, ref, slot);
  if (after.held?.deployment !== held.deployment || (held.role !== 'live' && !hasSlot(now, held)))
    return undefined;
  if (now !== undefined && !sameMembers(now, slot, instances)) {
    const urls = instances.map((i) => i.url);
    await router.admit(ref, slot, held.release.digest, urls, signal);
  }
  return { event_type: 'live.restored', details: { ...saidOf(held), instances: instances.length } };
}

/** What a target's record says of the slot now, and whether a deployment of it is open. */
export async function heldNow(
  store: Store,
  ref: TargetRef,
  slot: Slot,
): Promise<{ readonly held: Held | undefined; readonly open: boolean }> {
  const [state, open] = await Promise.all([store.targets.load(ref), store.deployments.open(ref)]);
  const held = state === undefined ? [] : heldSlots(state, open);
  return { held: held.find((h) => h.slot === slot), open: open.length > 0 };
}

export const saidOf = ({ slot, role, release }: Held) => ({ slot, role, release: release.digest });

/** Living instances of what is held. */
const instancesOf = ({ release }: Held, seen: ObservedSlot | undefined): readonly Instance[] =>
  seen?.release === release.digest ? seen.instances.filter((i) => !['gone', 'lost'].includes(i.state)) : [];

/** While its deployment changes how many there are, as many as the provider has noted there. */
const wantedOf = ({ inPart, release, configuration }: Held, seen: ObservedSlot | undefined): number =>
  inPart !== true ? configuration.replicas : seen?.release === release.digest ? seen.instances.length : 0;

/** What does not run of it has ended with the host, or has never been started. */
const endedWithHost = ({ release }: Held, seen: ObservedSlot | undefined): boolean =>
  seen === undefined ||
  (seen.release === release.digest && seen.instances.every(({ state }) => state !== 'gone'));

const hasSlot = (known: RouterState | undefined, { slot, release }: Held): boolean =>
  known?.releases[slot] === release.digest;

function sameMembers(known: RouterState, slot: Slot, instances: readonly Instance[]): boolean {
  const members = known.members[slot] ?? [];
  return (
    known.differences?.[slot] === undefined &&
    members.length === instances.length &&
    instances.every(({ url }) => members.includes(url))
  );
}
