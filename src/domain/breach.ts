import { durationText } from './duration.js';

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
export function grown(
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

/**
 * Whether it holds at every look of a whole window: it begins before that, more than twice, and no more looks are without a value than with
 * one.
 */
export const isHeld = ({ since, last, looks, bad }: Breach, windowMs: number): boolean =>
  last - since >= windowMs && bad >= LEAST_LOOKS && 2 * bad >= looks;
/** Two in a window, and one before it. */
const LEAST_LOOKS = 3;

/** Of what has been bad for a time that is no whole window yet. */
export const soFar = (ms: number, windowMs: number): string =>
  `for ${String(Math.round(ms / 1_000))} s until now, and only ${durationText(windowMs)} are a breach`;
