import { durationText } from './duration.js';
import { bothBad, type Verdict } from './verdict.js';

/** How long something has been bad, with no good look between. */
export interface Breach {
  /** Epoch ms of the first bad look, and of the newest. */
  readonly since: number;
  readonly last: number;
  /** From the first on, and those of them that were bad: the others had no value. */
  readonly looks: number;
  readonly bad: number;
}

/** `unknown`: a value is missing that it needs. */
export type State = 'good' | 'bad' | 'unknown';

/**
 * A breach with one look more. It remembers what every look of its window said, however long that is: a good look ends it, and so does a
 * whole window without a bad one.
 */
export function breachAfter(
  before: Breach | undefined,
  state: State,
  at: number,
  windowMs: number,
): Breach | undefined {
  if (state === 'good') return undefined;
  const going = before !== undefined && at - before.last <= windowMs ? before : undefined;
  if (state === 'bad')
    return {
      ...{ since: going?.since ?? at, last: at },
      ...{ looks: (going?.looks ?? 0) + 1, bad: (going?.bad ?? 0) + 1 },
    };
  return going && { ...going, looks: going.looks + 1 };
}

const lasted = ({ since, last }: Breach): number => last - since;
/** No more looks are without a value than with one. */
const isTold = ({ looks, bad }: Breach): boolean => 2 * bad >= looks;

/** Whether it holds at every look of a whole window: it begins before that, and more than twice. */
const isHeld = (breach: Breach, windowMs: number): boolean =>
  lasted(breach) >= windowMs && breach.bad >= LEAST_LOOKS && isTold(breach);
/** Two in a window, and one before it. */
const LEAST_LOOKS = 3;

/**
 * Epoch ms of the newest look at which something had been bad for half a window, after a look that has left it in `breaches`: that outlives
 * the breach itself. Absent: it never had been.
 */
export const halfHeldAfter = (
  before: number | undefined,
  breaches: readonly Breach[],
  windowMs: number,
): number | undefined =>
  breaches
    .filter((breach) => 2 * lasted(breach) >= windowMs && isTold(breach))
    .reduce((newest: number | undefined, { last }) => Math.max(newest ?? last, last), before);

interface Bad {
  /** What is seen against what limit. */
  readonly said: string;
  readonly windowMs: number;
  /** Epoch ms of the look. */
  readonly at: number;
  /** Of all that is bad at it; one that is held is enough. */
  readonly breaches: readonly Breach[];
  /** When stable had been bad for half a window; absent: never. */
  readonly stableHalfHeldAt: number | undefined;
}

/**
 * The verdict of what is bad at a look. Stable is bad too when it was for half of the window until now: what hits both neither hits them nor
 * leaves them at the same look, and a peak of stable's saves no candidate.
 */
export function verdictOfBreach({ said, windowMs, at, breaches, stableHalfHeldAt }: Bad): Verdict {
  if (!breaches.some((breach) => isHeld(breach, windowMs)))
    return { kind: 'inconclusive', reason: `${said}: ${notHeld(breaches, windowMs)}` };
  return stableHalfHeldAt !== undefined && 2 * (at - stableHalfHeldAt) <= windowMs
    ? bothBad(said)
    : { kind: 'fail', reason: `${said}, at every look of ${durationText(windowMs)}` };
}

/** Of the longest of them. */
function notHeld(breaches: readonly Breach[], windowMs: number): string {
  const [longest = JUST_BEGUN] = breaches.toSorted((a, b) => lasted(b) - lasted(a));
  return lasted(longest) < windowMs
    ? `for ${String(Math.round(lasted(longest) / 1_000))} s until now, and only ${durationText(windowMs)} are a breach`
    : `at ${String(longest.bad)} of ${String(longest.looks)} looks, which are too few with a value`;
}
const JUST_BEGUN: Breach = { since: 0, last: 0, looks: 1, bad: 1 };
