import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetRef } from '../../domain/ids.js';
import type { Router, RouterState, Split } from '../../domain/ports.js';
import type { Slot } from '../../domain/target.js';
import { ShipwayError } from '../../errors.js';
import { portOf } from '../../domain/port-of.js';
import { SLOTS, type ServedSlot } from './served.js';

/** What runs of a target, by slot; a slot where nothing does is absent. */
export type Running = Readonly<Partial<Record<Slot, ServedSlot>>>;
export interface Lagging {
  readonly router: Router;
  readonly other: Router;
  /** Where it is to listen; absent or 0: a free port that is kept. */
  readonly port: number | undefined;
  readonly running: () => Promise<Running>;
}
/** What hangs is slow to look at, and the release that users leave is looked at too: no user waits for that. */
const LOOK_MS = 500;

/**
 * Sets the shares at one of two routers, which may have been away when the other was told something. Before users come to a slot where
 * none were, it is told what runs there, and a target that it has lost and the other knows is opened; after it, where it is to listen. Where what runs cannot
 * be seen soon, a slot that it does not know is as the other has it, and the rest comes after the shares. A router that cannot be looked
 * at is told all the same: a change heals what a look finds missing, and one that is away begins with what was written down for it.
 * Converges; fails with what routers and `running` fail with.
 */
export async function broughtAlong(
  at: Lagging,
  t: TargetRef,
  wanted: Split,
  signal: AbortSignal,
): Promise<void> {
  const { router, port, running } = at;
  const [look] = await Promise.allSettled([router.observe(t, signal)]);
  if (look.status === 'rejected')
    return unseen(at, t, wanted, signal).catch(() => {
      throw look.reason;
    });
  const here = look.value;
  if (here === undefined && (await at.other.observe(t, signal)) !== undefined)
    await router.open(t, port, signal);
  const coming = SLOTS.filter((slot) => (wanted.shares[slot] ?? 0) > 0 && (here?.shares[slot] ?? 0) === 0);
  const early = coming.length === 0 ? {} : await soon(running());
  const told = (slot: Slot, runs: ServedSlot): Promise<void> =>
    isSame(here, slot, runs) ? Promise.resolve() : router.admit(t, slot, runs.release, runs.members, signal);
  for (const slot of coming) {
    const known =
      early?.[slot] ??
      (here?.members[slot] === undefined ? await asAt(at.other, t, slot, signal) : undefined);
    if (known !== undefined) await told(slot, known);
  }
  await router.split(t, wanted, signal);
  if (early === undefined) {
    const late = await running();
    for (const slot of coming) if (late[slot] !== undefined) await told(slot, late[slot]);
  }
  if (here !== undefined && port !== undefined && port !== 0 && port !== portOf(here.address))
    await router.open(t, port, signal);
}

/**
 * What it is to begin with, when it is back: shares without the members that they are for would send users to nobody. It has its shares also
 * where those cannot be had soon or are refused: it may know them, and users of a release that hangs are to leave it.
 */
async function unseen(at: Lagging, t: TargetRef, wanted: Split, signal: AbortSignal): Promise<void> {
  const runs = await soon(at.running());
  for (const slot of SLOTS.filter((one) => (wanted.shares[one] ?? 0) > 0)) {
    const known = runs?.[slot] ?? (await asAt(at.other, t, slot, signal).catch(unlessBug));
    if (known !== undefined)
      // Away, or with a configuration that it refuses, it may have been written down.
      await at.router.admit(t, slot, known.release, known.members, signal).catch(unlessBug);
  }
  await at.router.split(t, wanted, signal);
}

function unlessBug(error: unknown): undefined {
  if (!(error instanceof ShipwayError)) throw error;
}

/** `undefined`: it cannot be had soon. */
const soon = (running: Promise<Running>): Promise<Running | undefined> =>
  Promise.race([running.catch(() => undefined), sleep(LOOK_MS, undefined, { ref: false })]);

async function asAt(
  other: Router,
  t: TargetRef,
  slot: Slot,
  signal: AbortSignal,
): Promise<ServedSlot | undefined> {
  const { members = {}, releases = {} } = (await other.observe(t, signal)) ?? {};
  const { [slot]: known } = members;
  return known && { release: releases[slot] ?? '', members: known };
}

function isSame(here: RouterState | undefined, slot: Slot, { release, members }: ServedSlot): boolean {
  const known = here?.members[slot] ?? [];
  return (
    here?.releases[slot] === release &&
    known.length === members.length &&
    members.every((member) => known.includes(member))
  );
}
