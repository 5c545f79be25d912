import { breachAfter, halfHeldAfter, type Breach } from './breach.js';
import { FULL } from './plan.js';
import type { Slot } from './target.js';
import type { Triggers, UsageTrigger } from './watch-plan.js';

/** What one living instance uses, as its provider counts it. */
export interface InstanceUsage {
  readonly id: string;
  /** ISO instant of its start: one that was started anew counts from 0 again. */
  readonly startedAt: string;
  /** Processor time of the instance and of all that it has started: ms of one processor, cumulative since its start. */
  readonly cpuMs: number;
  /** Their resident memory now. */
  readonly memoryBytes: number;
}
/** All living instances of a slot at one instant (epoch ms). */
export interface SlotUsage {
  readonly at: number;
  readonly instances: readonly InstanceUsage[];
}
/** Of one look. */
export interface Usage {
  /** Of the slots that were asked for. Absent: the provider did not answer; `unavailable` says why. */
  readonly slots?: Readonly<Partial<Record<Slot, SlotUsage>>>;
  readonly unavailable?: string;
}

/** What is measured of an instance: basis points of one processor since the look before, and bytes now. */
export const RESOURCES = ['cpu', 'memory'] as const;
export type Resource = (typeof RESOURCES)[number];

/** How one of the two stands to its limit. */
export interface Standing {
  /** Absent: the newest look does not tell, and `missing` says why; without, it was not answered. */
  readonly value?: number;
  readonly missing?: string;
  /** Absent: it is not above. */
  readonly breach?: Breach;
}
/** An instance with what a window needs to know of the looks before. */
export interface Standings
  extends Omit<InstanceUsage, 'memoryBytes'>, Readonly<Partial<Record<Resource, Standing>>> {}
/** A slot as the newest look that was answered saw it. */
export interface SlotStandings {
  readonly at: number;
  readonly instances: readonly Standings[];
  /** Epoch ms of the newest look at which one of its instances, whatever became of it, had been above for half a window. */
  readonly halfHeldAt?: Readonly<Partial<Record<Resource, number>>>;
}
/**
 * What a watch keeps of usage, whatever the length of a window: its size hangs on the number of instances alone. `unavailable`: why the
 * newest look knows nothing.
 */
export interface UsageEvidence {
  readonly slots: Readonly<Partial<Record<Slot, SlotStandings>>>;
  readonly unavailable?: string;
}

/** The evidence with one look more; none where no trigger asks for it. */
export function usageAfter(
  triggers: Triggers,
  before: UsageEvidence | undefined,
  look: Usage | undefined,
): UsageEvidence | undefined {
  if (RESOURCES.every((resource) => triggers[resource] === undefined)) return undefined;
  const known = before?.slots ?? {};
  const { slots, unavailable = 'it was not asked for' } = look ?? {};
  if (slots === undefined)
    return { slots: each(known, (_, slot) => unanswered(triggers, slot)), unavailable };
  return { slots: each(slots, (slot, now) => answered(triggers, known[slot], now)) };
}

const each = <From, To>(
  slots: Readonly<Partial<Record<Slot, From>>>,
  to: (slot: Slot, of: From) => To,
): Readonly<Partial<Record<Slot, To>>> =>
  Object.fromEntries((Object.entries(slots) as [Slot, From][]).map(([slot, of]) => [slot, to(slot, of)]));

const isSame =
  (now: Pick<InstanceUsage, 'id' | 'startedAt'>) =>
  ({ id, startedAt }: Standings): boolean =>
    id === now.id && startedAt === now.startedAt;

const answered = (
  triggers: Triggers,
  before: SlotStandings | undefined,
  { at, instances }: SlotUsage,
): SlotStandings => {
  const standing = instances.map(({ memoryBytes, ...now }): Standings => {
    const same = before?.instances.find(isSame(now));
    const ms = before === undefined ? 0 : at - before.at;
    const values = {
      cpu: (of: UsageTrigger) => pointsOf(of, same, now.cpuMs, ms),
      memory: () => memoryBytes,
    };
    return { ...now, ...standings(triggers, same, at, values) };
  });
  const halfHeldAt = halfHeld(triggers, before, standing);
  return { at, instances: standing, ...(halfHeldAt === undefined ? {} : { halfHeldAt }) };
};

const unanswered = (triggers: Triggers, slot: SlotStandings): SlotStandings => ({
  ...slot,
  instances: slot.instances.map((one) => ({ ...one, ...standings(triggers, one, slot.at, SILENCE) })),
});
const SILENCE = { cpu: () => undefined, memory: () => undefined };

/** A number, or why there is none, which nobody has to say of a look that was not answered. */
type Value = number | string | undefined;

const standings = (
  triggers: Triggers,
  before: Standings | undefined,
  at: number,
  values: Readonly<Record<Resource, (of: UsageTrigger) => Value>>,
): Pick<Standings, Resource> =>
  Object.fromEntries(
    RESOURCES.flatMap((resource) => {
      const trigger = triggers[resource];
      return trigger === undefined
        ? []
        : [[resource, standingOf(trigger, before?.[resource]?.breach, at, values[resource](trigger))]];
    }),
  );

function standingOf(
  { threshold, windowMs }: UsageTrigger,
  before: Breach | undefined,
  at: number,
  value: Value,
): Standing {
  const state = typeof value !== 'number' ? 'unknown' : value > threshold ? 'bad' : 'good';
  const breach = breachAfter(before, state, at, windowMs);
  return {
    ...(typeof value === 'number' ? { value } : value === undefined ? {} : { missing: value }),
    ...(breach === undefined ? {} : { breach }),
  };
}

function halfHeld(
  triggers: Triggers,
  before: SlotStandings | undefined,
  instances: readonly Standings[],
): SlotStandings['halfHeldAt'] {
  const held = RESOURCES.flatMap((resource) => {
    const breaches = instances.flatMap(({ [resource]: standing }) => standing?.breach ?? []);
    const at = halfHeldAfter(before?.halfHeldAt?.[resource], breaches, triggers[resource]?.windowMs ?? 0);
    return at === undefined ? [] : [[resource, at] as const];
  });
  return held.length === 0 ? undefined : Object.fromEntries(held);
}

/** The mean since the look before, or why that does not tell it. */
function pointsOf(
  { windowMs }: UsageTrigger,
  before: Standings | undefined,
  cpuMs: number,
  ms: number,
): number | string {
  if (before === undefined) return 'an instance has been looked at only once';
  if (ms <= 0) return 'it was not measured again since the look before';
  if (ms > windowMs)
    return `the look before was ${String(Math.round(ms / 1_000))} s ago, longer than the window`;
  // It has lost what a process had used that ended.
  if (cpuMs < before.cpuMs)
    return 'the processor time of an instance fell, as when one of its processes ends';
  return Math.round((FULL * (cpuMs - before.cpuMs)) / ms);
}
