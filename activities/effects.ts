import { FULL, type DeploymentPlan, type Share, type UserKey } from '../src/domain/plan.js';
import type { RouterState } from '../src/domain/ports.js';
import type { Release } from '../src/domain/release.js';
import { otherSlot, type Live, type Slot } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import type { EffectDeps } from './deps.js';
import { back, forward, type EffectInput, type Told } from './effect.js';
import { emptySlot, fillSlot, forgotten, serving } from './fill-slot.js';
import { permitGuard } from './permits.js';
import { resizeEffects } from './resize.js';
import { createFlagEffects } from './ramp.js';
import { refuseUnanswerable } from './refuse-unanswerable.js';
import { probeOnce } from './smoke.js';
import { splitFor } from './split.js';
import { UNDO_DRAIN_MS, undoShift, type UndoShiftInput } from './undo-shift.js';
import { self } from './audit.js';
import { leftAsItIs, refuseUnfit, worldBack, worldOf, type WorldBack } from './world.js';

export interface ProvisionInput extends EffectInput {
  readonly release: Release;
  readonly plan: DeploymentPlan;
  /** So many of its instances, of which the router is not told yet; absent: all, and it is. */
  readonly count?: number;
  /** It has had users, or is put back: whether its source can answer what its triggers ask is no question any more. */
  readonly again?: boolean;
}
export interface ShiftInput extends EffectInput {
  /** Of two routers, where they are to listen; absent: where they do. */
  readonly plan?: DeploymentPlan;
  readonly share: Share;
  readonly from: Share;
  readonly userKey: readonly UserKey[];
}
export interface SmokeInput extends EffectInput {
  readonly test: DeploymentPlan['smokeTest'];
}
export interface RetireInput extends EffectInput {
  readonly slot: Slot;
  readonly drainTimeoutMs: number;
}
export interface RestoreInput extends EffectInput {
  readonly plan: DeploymentPlan;
  readonly live?: Live;
}

/** Effects on provider and router. All converge; the way forward is audited before and after, the way back does not wait. */
export function createEffects(deps: EffectDeps) {
  const guarded = { store: deps.store, permits: permitGuard(deps.store) };
  return {
    /** Instances of the release run and are ready in the candidate slot, known to the router, without any user. */
    provision: forward(guarded, 'provision', provisioned, async (i, signal, told) =>
      // What brings users back does not wait for one of two routers here: the shift tells it what it has missed, and fails with it.
      provision(await (i.kind === 'deploy' ? worldOf : worldBack)(deps, i, told), i, signal, told),
    ),
    ...resizeEffects(deps, guarded),
    /** The candidate answers its smoke test, asked directly and not through the router. Fails with `smoke.failed`. */
    smokeTest: forward(
      guarded,
      'smoke_test',
      (i: SmokeInput) => ({ slot: i.candidate, path: i.test.path }),
      async (i, signal) => smokeTest(await worldOf(deps, i), i, signal),
    ),
    /**
     * The candidate has `share` of the users and stable the rest. A rollback that goes on to a greater share answers which of two routers
     * has not followed, and the last step which is left as it is because it is gone.
     */
    shiftTraffic: forward(
      guarded,
      'shift_traffic',
      (i: ShiftInput) => ({ slot: i.candidate, from: i.from, share: i.share }),
      (i, signal, told) => shift(deps, i, signal, told),
    ),
    /** A slot without users is drained, forgotten by the router, and its instances are stopped. */
    retireSlot: forward(
      guarded,
      'retire_slot',
      (i: RetireInput) => ({ slot: i.slot }),
      async (i, signal, told) => retire(await worldOf(deps, i, told), i, i.slot, i.drainTimeoutMs, signal),
    ),
    /** All users are on what the target knows as good, whatever a lost deployment left. */
    restoreTarget: forward(
      guarded,
      'restore_target',
      (i: RestoreInput) => ({ live: i.live?.release.digest ?? 'none' }),
      async (i, signal, told) => restore(await worldBack(deps, i, told), i, signal),
    ),
    ...createFlagEffects(guarded),
    undoShift: back(guarded, async (i: UndoShiftInput, signal) =>
      sentBack(await worldBack(deps, i), i, signal),
    ),
    undoProvision: back(guarded, async (i: EffectInput, signal) =>
      undoProvision(await worldOf(deps, i), i, signal),
    ),
  };
}

const provisioned = ({ candidate: slot, release, count, plan }: ProvisionInput) => ({
  ...{ slot, release: release.digest },
  ...(count === undefined ? {} : { count }),
  ...(plan.flags === undefined ? {} : { flags: plan.flags.map(({ name }) => name) }),
});

async function provision(
  deps: EffectDeps,
  i: ProvisionInput,
  signal: AbortSignal,
  told: Told,
): Promise<Provisioned> {
  refuseUnfit(deps, i.plan);
  // Only before users have anything of it: what brings back what ran waits for no source, and one that has changed is no reason to go back.
  const isNew = i.kind === 'deploy' && i.again !== true;
  const who = { ...i, release: i.release.digest, slot: i.candidate };
  const unchecked = isNew ? await refuseUnanswerable(deps.metrics, who, i.plan.watch, signal) : undefined;
  if (unchecked !== undefined) told({ unchecked });
  // First: what it reads when it starts is there then.
  await deps.store.flags.declare(i, { version: i.version, flags: i.plan.flags ?? [] }, signal);
  const { release, candidate: slot } = i;
  const { configuration } = i.plan;
  const open = () => opened(deps, i, signal);
  const also = unchecked === undefined ? {} : { unchecked };
  if (i.count === undefined)
    return {
      ...reached(await fillSlot(deps, i, { slot, release, configuration }, signal, open)),
      ...also,
    };
  await deps.provider.ensure(i, slot, release, configuration, signal, i.count);
  return { ...reached(await open()), ...also };
}

/** Where users reach the target. */
type Reached = Pick<RouterState, 'address' | 'others'>;
/** `unchecked`: what of the plan could not be checked, and why. */
type Provisioned = Reached & { readonly unchecked?: string };
const reached = ({ address, others }: RouterState): Reached => ({
  address,
  ...(others === undefined ? {} : { others }),
});

const opened = (
  { router }: EffectDeps,
  i: EffectInput & { readonly plan: DeploymentPlan },
  signal: AbortSignal,
): Promise<RouterState> => router.open(i, i.plan.listen, signal, i.plan.secondListen);

/**
 * What one of two routers refuses is no reason to undo a rollback: the other's users are safe by it. Nor does it hold them where they are:
 * on the way they go on without those of a router that lags, and the last step waits for both.
 */
async function shift(
  deps: EffectDeps,
  i: ShiftInput,
  signal: AbortSignal,
  told: Told,
): Promise<string | undefined> {
  const split = splitFor(i, i.share);
  if (i.kind === 'deploy') {
    const world = await worldOf(deps, i, told);
    await world.router.split(i, split, signal);
    return i.share < FULL ? undefined : leftAsItIs(world);
  }
  const world = await worldBack(deps, i, told);
  await world.router.split(i, split, signal);
  if (i.share < FULL) return lagging(world, told);
  world.settled('retried');
  return leftAsItIs(world);
}

function lagging(world: WorldBack, told: Told): string | undefined {
  const lags = world.lagging();
  if (lags !== undefined) told({ lags });
  return lags;
}

/** The same on the way back. Answers what was done beside that. */
async function sentBack(
  world: WorldBack,
  i: UndoShiftInput,
  signal: AbortSignal,
): Promise<string | undefined> {
  const also = await undoShift(world, i, signal);
  const onTheWay = (i.share ?? 0) > 0;
  const lags = onTheWay ? world.lagging() : undefined;
  if (!onTheWay) world.settled();
  const said = [
    also,
    lags && `go on with one router: ${lags}`,
    onTheWay ? undefined : leftAsItIs(world),
  ].filter((text) => text !== undefined);
  return said.length === 0 ? undefined : said.join('; ');
}

async function smokeTest({ provider }: EffectDeps, i: SmokeInput, signal: AbortSignal): Promise<void> {
  const slot = (await provider.observe(i, signal)).find((s) => s.slot === i.candidate);
  if (slot === undefined || slot.instances.length === 0)
    throw new ShipwayError('smoke.failed', `no instance runs in ${i.candidate}`);
  for (const instance of slot.instances) await probeOnce(instance.url, i.test, signal);
}

async function undoProvision(deps: EffectDeps, i: EffectInput, signal: AbortSignal): Promise<void> {
  if (i.stable !== undefined) return retire(deps, i, i.candidate, UNDO_DRAIN_MS, signal);
  await deps.router.close(i, signal);
  await deps.provider.remove(i, i.candidate, signal);
}
async function retire(
  deps: EffectDeps,
  i: EffectInput,
  slot: Slot,
  drainMs: number,
  signal: AbortSignal,
): Promise<void> {
  await forgotten(deps, i, slot, drainMs, signal);
  await deps.provider.remove(i, slot, signal);
  // A worker that has just come back may have told the router of it once more.
  await forgotten(deps, i, slot, 0, signal);
}

async function restore(deps: WorldBack, i: RestoreInput, signal: AbortSignal): Promise<void> {
  const { live } = i;
  if (live === undefined) {
    await deps.router.close(i, signal);
    deps.settled();
    await deps.provider.remove(i, i.candidate, signal);
    return;
  }
  const { drainTimeoutMs, strategy } = i.plan;
  // Where the two never run at the same time, what a lost deployment has left makes room first.
  if (strategy.kind === 'in_place' && (await serving(deps, i, live, signal)) < live.configuration.replicas)
    await emptySlot(deps, i, otherSlot(live.slot), drainTimeoutMs, signal);
  await fillSlot(deps, i, live, signal, () => opened(deps, i, signal));
  const shares = { [live.slot]: FULL };
  const salt = self();
  await deps.router.split(i, { shares, candidate: live.slot, salt, userKey: i.plan.userKey }, signal);
  const left = otherSlot(live.slot);
  await forgotten(deps, i, left, drainTimeoutMs, signal);
  // What a router still sends users to stays.
  deps.settled();
  await deps.provider.remove(i, left, signal);
}
