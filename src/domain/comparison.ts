import type { ComparisonTrigger } from './watch-plan.js';
import { FULL, type Share } from './plan.js';

/** Requests of users at risk, and first errors among them: of the candidate, then of stable. */
export type Tally = readonly [requests: number, errors: number, stableRequests: number, stableErrors: number];
const NOTHING = [0, 0, 0, 0] as const satisfies Tally;

/** A test that began with a look. */
interface Begun {
  /** Which one it is, from 0 on: its part of α. */
  readonly n: number;
  /** What had been counted before it, since the share is what it is. */
  readonly since: Tally;
  /** Stable's error rate as it was known then. */
  readonly base: number;
  /** Natural logarithms of the evidence from before the share was what it is, one for each excess. */
  readonly before: readonly number[];
}

/** All that the comparison of a deployment remembers from look to look and from phase to phase: plain, and at most 6 kB. */
export interface Comparison {
  readonly share: Share;
  /** Since the share is what it is. */
  readonly here: Tally;
  readonly all: Tally;
  /** Of the candidate, since a test was begun. */
  readonly unbegun: number;
  readonly begun: number;
  readonly tests: readonly Begun[];
}

/** How bad a candidate is looked for, beyond what is tolerated, each with a part of α: the worst is to be found soonest. */
const EXCESSES = [
  { excess: 0.01, part: 0.25 },
  { excess: 0.05, part: 0.25 },
  { excess: 0.25, part: 0.5 },
] as const;
/** More candidate requests than that begin a test of their own: one that is older has to be outweighed. */
const BEGIN_EVERY = 10;
const MOST_TESTS = 32;
/** The newest are kept whatever they say. */
const NEWEST = 4;
/**
 * The n-th test has this part of α. One half goes to the first 300 alike, as many as most deployments begin; the other to all that can ever
 * begin, (n+1)^-1.2 by ζ(1.2), so that it is 1 in all.
 */
const partOf = (n: number): number =>
  (n < USUAL_TESTS ? 0.5 / USUAL_TESTS : 0) + (0.5 * (n + 1) ** -1.2) / ZETA;
const USUAL_TESTS = 300;
const ZETA = 5.591_582_44;
/** What is thought of stable before anything is known: one error in a thousand requests, as if 500 had been seen. */
const KNOWN = { errors: 0.5, requests: 500 } as const;

/**
 * One look more. `seen` is what was counted since the look before, at `share`. A test of whether the candidate's error rate exceeds stable's
 * by more than the tolerance begins with it, unless one has just begun; those that say least are given up, which only takes evidence away.
 */
export function compared(
  before: Comparison | undefined,
  seen: Tally,
  share: Share,
  trigger: ComparisonTrigger,
): Comparison {
  const was = before ?? { share, here: NOTHING, all: NOTHING, unbegun: BEGIN_EVERY, begun: 0, tests: [] };
  const now = was.share === share ? was : carried(was, share, trigger);
  const begins = now.unbegun >= BEGIN_EVERY;
  const [, , stableRequests, stableErrors] = now.all;
  const base = (stableErrors + KNOWN.errors) / (stableRequests + KNOWN.requests);
  const fresh: Begun = { n: now.begun, since: now.here, base, before: EXCESSES.map(() => 0) };
  const next: Comparison = {
    share,
    here: sum(now.here, seen),
    all: sum(now.all, seen),
    unbegun: (begins ? 0 : now.unbegun) + seen[0],
    begun: now.begun + (begins ? 1 : 0),
    tests: begins ? [...now.tests, fresh] : now.tests,
  };
  return { ...next, tests: fewer(next, trigger) };
}

/** What was counted at another share is closed: rates of times with different shares of the requests must not be mixed. */
const carried = (was: Comparison, share: Share, trigger: ComparisonTrigger): Comparison => ({
  ...was,
  ...{ share, here: NOTHING },
  tests: was.tests.map((test) => ({ ...test, since: NOTHING, before: logsOf(was, test, trigger) })),
});

function fewer(now: Comparison, trigger: ComparisonTrigger): readonly Begun[] {
  const { tests } = now;
  if (tests.length <= MOST_TESTS) return tests;
  const old = tests.slice(0, -NEWEST).map((test) => weightOf(now, test, trigger));
  const least = old.indexOf(Math.min(...old));
  return tests.filter((_, i) => i !== least);
}

/** What speaks against the candidate, and the counts of the test that says most. */
export interface Against {
  /** An e-value: where the candidate is no worse than tolerated, it ever reaches 1/α in at most α of all deployments. */
  readonly evidence: number;
  readonly counts: Tally;
}

/**
 * The evidence of all looks so far. It may be looked at after every one of them.
 *
 * For one test, `r` of the candidate's and of stable's errors being fixed when it begins, `E = Π r^errors / max Π (1 + q (r − 1))^requests`
 * over all rates that are tolerated, `q(candidate) ≤ q(stable) + tolerance`. For each pair of rates the quotient without the maximum is a
 * nonnegative martingale (the exponential one of Howard et al., “Time-uniform Chernoff bounds via nonnegative supermartingales”, Probability
 * Surveys 17, 2020), so E is an e-process, whenever it is looked at and whatever decides how many requests there are. The r are those of
 * the likelihood ratio against the nearest tolerated rates (Turner, Ly and Grünwald, “Generic E-variables for exact sequential k-sample
 * tests”, Journal of Statistical Planning and Inference 230, 2024). Tests that begin at successive looks, each with its part of α, are a
 * mixture of e-processes and so one itself, as in the e-detectors of Shin, Ramdas and Rinaldo (New England Journal of Statistics in Data
 * Science 2, 2024); by Ville's inequality it ever reaches 1/α with probability α at most.
 */
export function against(now: Comparison, trigger: ComparisonTrigger): Against {
  let evidence = 0;
  let [most, counts]: [number, Tally] = [-1, now.all];
  for (const test of now.tests) {
    const weight = weightOf(now, test, trigger);
    evidence += weight;
    if (weight > most) [most, counts] = [weight, since(now.here, test.since)];
  }
  return { evidence, counts };
}

const weightOf = (now: Comparison, test: Begun, trigger: ComparisonTrigger): number =>
  partOf(test.n) *
  logsOf(now, test, trigger).reduce(
    (total, log, i) => total + (EXCESSES[i]?.part ?? 0) * Math.exp(Math.min(log, MOST_LOG)),
    0,
  );
/** More is infinite where numbers end, and no more telling. */
const MOST_LOG = 500;

const logsOf = (now: Comparison, test: Begun, trigger: ComparisonTrigger): readonly number[] => {
  const counts = since(now.here, test.since);
  const tolerance = trigger.tolerance / FULL;
  return EXCESSES.map(({ excess }, i) => {
    const factors = factorsOf(test.base, now.share / FULL, tolerance, excess);
    return (test.before[i] ?? 0) + logOf(counts, factors, tolerance);
  });
};

interface Factors {
  readonly candidate: number;
  readonly stable: number;
}

/** Of each error, against rates that are tolerated and as near as can be: what both have together, the tolerance put aside. */
function factorsOf(stable: number, share: number, tolerance: number, excess: number): Factors {
  const candidate = Math.min(stable + tolerance + excess, MOST_RATE);
  const both = share * (candidate - tolerance) + (1 - share) * stable;
  if (candidate <= both + tolerance) return { candidate: 1, stable: 1 };
  return { candidate: odds(candidate) / odds(both + tolerance), stable: odds(stable) / odds(both) };
}
const MOST_RATE = 0.99;
const odds = (rate: number): number => rate / (1 - rate);

/** The logarithm of E of one test. The maximum over stable's rate is that of a concave function with one root of its derivative. */
function logOf([n, e, m, f]: Tally, factors: Factors, tolerance: number): number {
  const [up, down] = [factors.candidate - 1, 1 - factors.stable];
  if (up <= 0 || down <= 0) return 0;
  const root = (n * up - m * down * (1 + tolerance * up)) / (up * down * (n + m));
  const rate = n + m === 0 ? 0 : Math.min(Math.max(root, 0), 1 - tolerance);
  const tolerated = n * Math.log1p((rate + tolerance) * up) + m * Math.log1p(-rate * down);
  return e * Math.log(factors.candidate) + f * Math.log(factors.stable) - tolerated;
}

const sum = (a: Tally, b: Tally): Tally => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];
const since = (a: Tally, b: Tally): Tally => [a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]];
