import { grown, type Breach, type State } from './breach.js';
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
export const USED = ['cpu', 'memory'] as const;
export type Used = (typeof USED)[number];

/** How one of the two stands to its limit. */
export interface Standing {
  /** Absent: the newest look does not tell. */
  readonly value?: number;
  /** Absent: it is not above. */
  readonly breach?: Breach;
}
/** An instance with what a window needs to know of the looks before. */
export interface Standings
  extends Omit<InstanceUsage, 'memoryBytes'>, Readonly<Partial<Record<Used, Standing>>> {}
/** A slot as the newest look that was answered saw it. */
interface Seen {
  readonly at: number;
  readonly instances: readonly Standings[];
}
/**
 * What a watch keeps of usage, whatever the length of a window: its size hangs on the number of instances alone. `unavailable`: why the
 * newest look knows nothing.
 */
export interface UsageEvidence {
  readonly slots: Readonly<Partial<Record<Slot, Seen>>>;
  readonly unavailable?: string;
}

/** The evidence with one look more; none where no trigger asks for it. */
export function using(
  triggers: Triggers,
  before: UsageEvidence | undefined,
  look: Usage | undefined,
): UsageEvidence | undefined {
  if (USED.every((used) => triggers[used] === undefined)) return undefined;
  const known = before?.slots ?? {};
  const { slots, unavailable = 'it was not asked for' } = look ?? {};
  if (slots === undefined)
    return { slots: each(known, (_, seen) => unanswered(triggers, seen)), unavailable };
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

const answered = (triggers: Triggers, before: Seen | undefined, { at, instances }: SlotUsage): Seen => ({
  at,
  instances: instances.map(({ memoryBytes, ...now }) => {
    const same = before?.instances.find(isSame(now));
    const ms = before === undefined ? 0 : at - before.at;
    const values = {
      cpu: (of: UsageTrigger) => pointsOf(of, same, now.cpuMs, ms),
      memory: () => memoryBytes,
    };
    return { ...now, ...standings(triggers, same, at, values) };
  }),
});

const unanswered = (triggers: Triggers, { at, instances }: Seen): Seen => ({
  at,
  instances: instances.map((one) => ({ ...one, ...standings(triggers, one, at, SILENCE) })),
});
const SILENCE = { cpu: () => undefined, memory: () => undefined };

const standings = (
  triggers: Triggers,
  before: Standings | undefined,
  at: number,
  values: Readonly<Record<Used, (of: UsageTrigger) => number | undefined>>,
): Pick<Standings, Used> =>
  Object.fromEntries(
    USED.flatMap((used) => {
      const trigger = triggers[used];
      if (trigger === undefined) return [];
      const value = values[used](trigger);
      const breach = grown(before?.[used]?.breach, stateOf(trigger, value), at, trigger.windowMs);
      return [
        [used, { ...(value === undefined ? {} : { value }), ...(breach === undefined ? {} : { breach }) }],
      ];
    }),
  );

/**
 * The mean since the look before, unless that is longer ago than the window. A counter that fell has lost what an ended process had used,
 * and does not tell.
 */
function pointsOf(
  { windowMs }: UsageTrigger,
  before: Standings | undefined,
  cpuMs: number,
  ms: number,
): number | undefined {
  if (before === undefined || cpuMs < before.cpuMs || ms <= 0 || ms > windowMs) return undefined;
  return Math.round((FULL * (cpuMs - before.cpuMs)) / ms);
}

export const stateOf = ({ threshold }: UsageTrigger, value: number | undefined): State =>
  value === undefined ? 'unknown' : value > threshold ? 'bad' : 'good';
