import { verdictOfBreach } from './breach.js';
import { percent } from './details.js';
import { measured, type Finding } from './judgement.js';
import { FULL } from './plan.js';
import { bytesText, sizeText } from './size.js';
import { RESOURCES, type Resource, type SlotStandings, type Standing, type UsageEvidence } from './usage.js';
import type { Verdict } from './verdict.js';
import type { UsageTrigger } from './watch-plan.js';
import type { WatchInput } from './watching.js';
import type { Subject } from './window.js';

type Watched = Pick<WatchInput, 'plan' | 'candidate' | 'stable'>;

/** What the newest look says of the use of processor and memory: one finding for each trigger that asks. */
export const usageFindings = (
  { plan: { triggers }, candidate, stable }: Watched,
  usage: UsageEvidence | undefined,
): readonly Finding[] =>
  RESOURCES.flatMap((resource) => {
    const trigger = triggers[resource];
    return trigger === undefined ? [] : [findingOf(resource, trigger, usage, candidate, stable)];
  });

function findingOf(
  resource: Resource,
  trigger: UsageTrigger,
  usage: UsageEvidence | undefined,
  candidate: Subject,
  stable: Subject | undefined,
): Finding {
  const { text, limitText, inUnits } = WORDS[resource];
  const limit = limitText(trigger.threshold);
  if (usage === undefined || usage.unavailable !== undefined) {
    const reason = `${resource} could not be measured: ${usage?.unavailable ?? 'nothing has been observed yet'}`;
    return { ...{ trigger: resource, value: 'none', limit }, verdict: { kind: 'unavailable', reason } };
  }
  const theirs = stable && usage.slots[stable.slot];
  const standings = standingsOf(resource, usage.slots[candidate.slot]);
  const [most, ofStable] = [highest(standings), highest(standingsOf(resource, theirs))];
  const value = most === undefined ? 'not known' : text(most, trigger.threshold);
  return {
    ...{ trigger: resource, value, limit },
    verdict: judged(`${resource} ${value} (limit ${limit})`, trigger, standings, {
      at: usage.slots[candidate.slot]?.at ?? 0,
      stableHalfHeldAt: theirs?.halfHeldAt?.[resource],
    }),
    measured: measured(standings.length, most && inUnits(most), ofStable && inUnits(ofStable)),
  };
}

interface Words {
  /** What is above the limit reads above it, and what is not does not. */
  readonly text: (value: number, limit: number) => string;
  /** As a limit is written. */
  readonly limitText: (value: number) => string;
  /** As a number of a sample. */
  readonly inUnits: (value: number) => number;
}
const rounding = (value: number, limit: number): ((n: number) => number) =>
  value > limit ? Math.ceil : Math.floor;
const WORDS: Readonly<Record<Resource, Words>> = {
  cpu: {
    text: (points, limit) => percent(10 * rounding(points, limit)(points / 10)),
    limitText: percent,
    inUnits: (points) => points / FULL,
  },
  memory: {
    text: (bytes, limit) => bytesText(bytes, rounding(bytes, limit)),
    limitText: sizeText,
    inUnits: (bytes) => bytes,
  },
};

const standingsOf = (resource: Resource, slot: SlotStandings | undefined): readonly Standing[] =>
  (slot?.instances ?? []).flatMap(({ [resource]: standing }) => standing ?? []);

const highest = (standings: readonly Standing[]): number | undefined => {
  const values = standings.flatMap(({ value }) => value ?? []);
  return values.length === 0 ? undefined : Math.max(...values);
};

/** One instance that is above at every look of the window is bad, and never several that take turns. */
function judged(
  said: string,
  { windowMs }: UsageTrigger,
  standings: readonly Standing[],
  beside: { readonly at: number; readonly stableHalfHeldAt: number | undefined },
): Verdict {
  const breaches = standings.flatMap(({ value, breach }) => (value === undefined ? [] : (breach ?? [])));
  if (breaches.length > 0) return verdictOfBreach({ said, windowMs, breaches, ...beside });
  const why =
    standings.length === 0
      ? 'there is no instance to be measured'
      : standings.find(({ missing }) => missing !== undefined)?.missing;
  return why === undefined
    ? { kind: 'pass', reason: said }
    : { kind: 'inconclusive', reason: `${said}: ${why}` };
}
