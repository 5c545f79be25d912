import { clipped } from '../../domain/cut.js';
import type { VerdictKind } from '../../domain/verdict.js';
import type { Sample } from '../../domain/watching.js';

/** All that a watch has seen, small however long it took. */
export interface Watched {
  /** How many samples there are. */
  readonly samples: number;
  readonly verdicts: Readonly<Record<VerdictKind, number>>;
  /** By trigger, in time: what is drawn. */
  readonly series: Readonly<Partial<Record<Sample['trigger'], readonly Bucket[]>>>;
  /** Samples of one trigger and phase that follow each other with the same verdict, oldest first. */
  readonly folds: readonly Fold[];
  /** How many more there are between the first half of `folds` and the last. */
  readonly foldsLeftOut: number;
}

/** Samples that are drawn as one point. */
export interface Bucket {
  readonly from: string;
  readonly to: string;
  readonly samples: number;
  /** Absent: none of them has a number. */
  readonly least?: number;
  readonly most?: number;
  readonly stable?: number;
  /** The most that the numbers are of: requests, probes. */
  readonly of?: number;
  /** Requests were slower than the largest bound of the source. */
  readonly beyond?: true;
  readonly worst: VerdictKind;
}

export interface Fold {
  readonly trigger: Sample['trigger'];
  readonly phase: string;
  readonly verdict: VerdictKind;
  readonly from: string;
  readonly to: string;
  readonly samples: number;
  readonly limit: string;
  readonly first: string;
  readonly last: string;
  /** What the newest of them says. */
  readonly reason: string;
}

const MOST_BUCKETS = 240;
const SHORTEST_MS = 1_000;
const WORSE: readonly VerdictKind[] = ['pass', 'inconclusive', 'unavailable', 'fail'];

/**
 * Takes samples in the order of time and keeps of them what a page can show, whatever their number: points that are merged by two whenever
 * there are too many, and of the folds the first half and the last.
 */
export function watching(mostFolds: number) {
  const verdicts = { pass: 0, fail: 0, inconclusive: 0, unavailable: 0 };
  const lines = new Map<Sample['trigger'], Line>();
  const folds = folding(mostFolds);
  let samples = 0;
  return {
    add: (sample: Sample): void => {
      samples += 1;
      verdicts[sample.verdict.kind] += 1;
      lines.set(sample.trigger, extended(lines.get(sample.trigger) ?? newLine(), sample));
      folds.add(sample);
    },
    end: (): Watched => ({
      ...{ samples, verdicts: { ...verdicts } },
      series: Object.fromEntries([...lines].map(([trigger, { buckets }]) => [trigger, buckets])),
      ...folds.end(),
    }),
  };
}

interface Line {
  readonly widthMs: number;
  readonly buckets: Bucket[];
}
const newLine = (): Line => ({ widthMs: SHORTEST_MS, buckets: [] });

function extended({ widthMs, buckets }: Line, sample: Sample): Line {
  const point = pointOf(sample);
  const last = buckets.at(-1);
  if (last !== undefined && cellOf(last.from, widthMs) === cellOf(point.from, widthMs)) {
    buckets[buckets.length - 1] = merged(last, point);
    return { widthMs, buckets };
  }
  buckets.push(point);
  return buckets.length <= MOST_BUCKETS ? { widthMs, buckets } : widened({ widthMs, buckets });
}

const cellOf = (at: string, widthMs: number): number => Math.floor(Date.parse(at) / widthMs);

/** Cells twice as wide, until there are few enough: a gap of hours takes several times. */
function widened({ widthMs, buckets }: Line): Line {
  const twice = widthMs * 2;
  const fewer: Bucket[] = [];
  for (const bucket of buckets) {
    const last = fewer.at(-1);
    if (last !== undefined && cellOf(last.from, twice) === cellOf(bucket.from, twice))
      fewer[fewer.length - 1] = merged(last, bucket);
    else fewer.push(bucket);
  }
  return fewer.length <= MOST_BUCKETS
    ? { widthMs: twice, buckets: fewer }
    : widened({ widthMs: twice, buckets: fewer });
}

function pointOf({ at, verdict, measured, trigger }: Sample): Bucket {
  const { value, of, stable } = measured ?? {};
  return {
    ...{ from: at, to: at, samples: 1, worst: verdict.kind },
    ...(value === undefined ? {} : { least: value, most: value }),
    ...(stable === undefined ? {} : { stable }),
    ...(of === undefined ? {} : { of }),
    ...(trigger === 'response_time' && value === undefined && (of ?? 0) > 0 ? { beyond: true } : {}),
  };
}

function merged(a: Bucket, b: Bucket): Bucket {
  const least = both(Math.min, a.least, b.least);
  const most = both(Math.max, a.most, b.most);
  const stable = both(Math.max, a.stable, b.stable);
  const of = both(Math.max, a.of, b.of);
  return {
    ...{ from: a.from, to: b.to, samples: a.samples + b.samples },
    ...(least === undefined ? {} : { least }),
    ...(most === undefined ? {} : { most }),
    ...(stable === undefined ? {} : { stable }),
    ...(of === undefined ? {} : { of }),
    ...(a.beyond === true || b.beyond === true ? { beyond: true } : {}),
    worst: worseOf(a.worst, b.worst),
  };
}

const both = (
  of: (a: number, b: number) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined => (a === undefined || b === undefined ? (a ?? b) : of(a, b));

export const worseOf = (a: VerdictKind, b: VerdictKind): VerdictKind =>
  WORSE.indexOf(a) >= WORSE.indexOf(b) ? a : b;

/** Folds of several triggers are open at once; each is kept where it begins. */
function folding(most: number) {
  const first: Fold[] = [];
  let last: Fold[] = [];
  let leftOut = 0;
  const open = new Map<Sample['trigger'], Fold>();
  const keep = (fold: Fold): void => {
    if (first.length < most / 2) return void first.push(fold);
    last.push(fold);
    if (last.length <= most) return;
    last = last.toSorted(byBegin);
    leftOut += last.splice(0, last.length - Math.ceil(most / 2)).length;
  };
  return {
    add: (sample: Sample): void => {
      const before = open.get(sample.trigger);
      const goesOn = before?.verdict === sample.verdict.kind && before.phase === sample.phase;
      if (before !== undefined && !goesOn) keep(before);
      open.set(sample.trigger, goesOn ? longer(before, sample) : foldOf(sample));
    },
    end: (): Pick<Watched, 'folds' | 'foldsLeftOut'> => {
      const folds = [...first, ...last, ...open.values()].toSorted(byBegin);
      const spare = Math.max(0, folds.length - most);
      folds.splice(Math.ceil(most / 2), spare);
      return { folds, foldsLeftOut: leftOut + spare };
    },
  };
}

const byBegin = (a: Fold, b: Fold): number => Date.parse(a.from) - Date.parse(b.from);

const foldOf = ({ trigger, phase, verdict, at, limit, value }: Sample): Fold => ({
  ...{ trigger, phase, verdict: verdict.kind, from: at, to: at, samples: 1, limit },
  ...{ first: value, last: value, reason: clipped(verdict.reason) },
});

const longer = (fold: Fold, { at, value, verdict }: Sample): Fold => ({
  ...fold,
  ...{ to: at, samples: fold.samples + 1, last: value, reason: clipped(verdict.reason) },
});
