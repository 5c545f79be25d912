import { isHeld, soFar, type Breach } from './breach.js';
import { percent } from './details.js';
import { durationText } from './duration.js';
import { measured, type Finding } from './judgement.js';
import { FULL } from './plan.js';
import { bytesText, sizeText } from './size.js';
import { stateOf, USED, type Standing, type Used, type UsageEvidence } from './usage.js';
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
  USED.flatMap((used) => {
    const trigger = triggers[used];
    return trigger === undefined ? [] : [findingOf(used, trigger, usage, candidate, stable)];
  });

function findingOf(
  used: Used,
  trigger: UsageTrigger,
  usage: UsageEvidence | undefined,
  candidate: Subject,
  stable: Subject | undefined,
): Finding {
  const { text, limitText, inUnits } = WORDS[used];
  const limit = limitText(trigger.threshold);
  if (usage === undefined || usage.unavailable !== undefined) {
    const reason = `${used} could not be measured: ${usage?.unavailable ?? 'nothing has been observed yet'}`;
    return { ...{ trigger: used, value: 'none', limit }, verdict: { kind: 'unavailable', reason } };
  }
  const ours = standingsOf(used, usage, candidate);
  const theirs = stable === undefined ? [] : standingsOf(used, usage, stable);
  const [most, ofStable] = [highest(ours), highest(theirs)];
  const value = most === undefined ? 'not known' : text(most);
  return {
    ...{ trigger: used, value, limit },
    verdict: judged(`${used} ${value} (limit ${limit})`, trigger, ours, theirs),
    measured: measured(ours.length, most && inUnits(most), ofStable && inUnits(ofStable)),
  };
}

interface Words {
  readonly text: (value: number) => string;
  /** As a limit is written. */
  readonly limitText: (value: number) => string;
  /** As a number of a sample. */
  readonly inUnits: (value: number) => number;
}
const WORDS: Readonly<Record<Used, Words>> = {
  cpu: {
    text: (points) => percent(Math.round(points / 10) * 10),
    limitText: percent,
    inUnits: (points) => points / FULL,
  },
  memory: { text: bytesText, limitText: sizeText, inUnits: (bytes) => bytes },
};

const standingsOf = (used: Used, { slots }: UsageEvidence, { slot }: Subject): readonly Standing[] =>
  (slots[slot]?.instances ?? []).flatMap(({ [used]: standing }) => standing ?? []);

const highest = (standings: readonly Standing[]): number | undefined => {
  const values = standings.flatMap(({ value }) => value ?? []);
  return values.length === 0 ? undefined : Math.max(...values);
};

/** One instance that is above at every look of the window is bad, and never several that take turns. */
function judged(
  said: string,
  trigger: UsageTrigger,
  ours: readonly Standing[],
  theirs: readonly Standing[],
): Verdict {
  const { windowMs } = trigger;
  const [breaches, ofStable] = [above(ours, trigger), above(theirs, trigger)];
  if (breaches.some((breach) => isHeld(breach, windowMs)))
    // What hits both does not hit them at the same look.
    return ofStable.some(({ since, last }) => last - since >= windowMs / 2)
      ? { kind: 'inconclusive', reason: `both bad: ${said}, and stable is beyond the limit too` }
      : { kind: 'fail', reason: `${said}, at every look of ${durationText(windowMs)}` };
  const why =
    ours.length === 0
      ? 'there is no instance to be measured'
      : ours.some(({ value }) => value === undefined)
        ? 'not every instance has been looked at twice in a row'
        : breaches.length > 0
          ? soFar(Math.max(...breaches.map(({ since, last }) => last - since)), windowMs)
          : undefined;
  return why === undefined
    ? { kind: 'pass', reason: said }
    : { kind: 'inconclusive', reason: `${said}: ${why}` };
}

/** Of the instances that are above at the newest look. */
const above = (standings: readonly Standing[], trigger: UsageTrigger): readonly Breach[] =>
  standings.flatMap(({ value, breach }) =>
    breach !== undefined && stateOf(trigger, value) === 'bad' ? [breach] : [],
  );
