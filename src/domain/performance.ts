import type { Judged } from './evidence.js';
import type { PerformanceStage, PerformanceThresholds } from './plan.js';

/** One request as the load generator has seen it: when it left, in ms, how long it took, and what came (0: nothing). */
export interface LoadSample {
  readonly at: number;
  readonly ms: number;
  readonly code: number;
}
export type LoadPlan = Pick<PerformanceStage, 'rate' | 'warmUpMs' | 'durationMs'>;

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}
export interface LoadFigures {
  readonly planned: number;
  readonly sent: number;
  readonly errors: number;
  /** From the instant at which each was to leave: a server that keeps the next ones waiting does not look faster by that. */
  readonly latency: Quantiles;
  /** From the instant at which each left. */
  readonly service: Quantiles;
  /** How late they left. */
  readonly late: Quantiles;
}

const NS = 1_000_000;
const QUANTILES = ['p50', 'p95', 'p99'] as const;

/**
 * What was measured after the warm-up, of samples in the order of leaving. They were to leave in equal intervals, at the earliest instants that
 * fit: none can have left too early.
 */
export function measured(samples: readonly LoadSample[], plan: LoadPlan): LoadFigures {
  const interval = Math.floor((1_000 * NS) / plan.rate) / NS;
  const origin = samples.reduce((least, { at }, i) => Math.min(least, at - i * interval), Infinity);
  const counted = samples
    .map(({ at, ms, code }, i) => ({ ms, code, due: i * interval, late: at - origin - i * interval }))
    .filter(({ due }) => due >= plan.warmUpMs && due < plan.warmUpMs + plan.durationMs);
  return {
    planned: Math.floor((plan.rate * plan.durationMs) / 1_000),
    sent: counted.length,
    errors: counted.filter(({ code }) => isError(code)).length,
    latency: quantiles(counted.map(({ ms, late }) => ms + late)),
    service: quantiles(counted.map(({ ms }) => ms)),
    late: quantiles(counted.map(({ late }) => late)),
  };
}

/** No answer, or one that says that something is wrong: a request of a test is one that is to be answered. */
const isError = (code: number): boolean => code === 0 || code >= 400;

function quantiles(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number =>
    Math.round((sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] ?? 0) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Fewer, or later ones, are another load than was asked for. */
const SENT_AT_LEAST = 0.99;
const LATE_AT_MOST_MS = 100;

/**
 * Whether the release held. Where the generator could not send as asked there is no pass, and no fail either, unless even what it has
 * seen was too slow or wrong.
 */
export function judgePerformance(
  figures: LoadFigures,
  { rate }: LoadPlan,
  thresholds: PerformanceThresholds,
): Judged {
  const { planned, sent, late } = figures;
  const summary = `${String(sent)} requests at ${String(rate)}/s: ${limits(figures, thresholds).map(told).join(', ')}`;
  if (isBroken(figures, figures.service, thresholds)) return { verdict: 'fail', summary };
  if (sent < SENT_AT_LEAST * planned)
    return {
      verdict: 'inconclusive',
      summary: `only ${String(sent)} of ${String(planned)} requests could be sent; ${summary}`,
    };
  if (late.p99 > LATE_AT_MOST_MS)
    return {
      verdict: 'inconclusive',
      summary: `1 of 100 requests left ${String(late.p99)} ms late or more; ${summary}`,
    };
  return { verdict: isBroken(figures, figures.latency, thresholds) ? 'fail' : 'pass', summary };
}

interface Limit {
  readonly name: string;
  readonly is: number;
  readonly most: number | undefined;
  readonly unit: string;
}

function limits({ sent, errors, latency }: LoadFigures, t: PerformanceThresholds): readonly Limit[] {
  const most = { p50: t.p50Ms, p95: t.p95Ms, p99: t.p99Ms };
  return [
    { name: 'errors', is: share(errors, sent), most: t.errorRate / 100, unit: '%' },
    ...QUANTILES.map((name) => ({ name, is: latency[name], most: most[name], unit: 'ms' })),
  ];
}

const isBroken = (figures: LoadFigures, latency: Quantiles, thresholds: PerformanceThresholds): boolean =>
  figures.errors * 10_000 > thresholds.errorRate * figures.sent ||
  limits({ ...figures, latency }, thresholds).some(
    ({ name, is, most }) => name !== 'errors' && most !== undefined && is > most,
  );

/** Rounded up: one error is not none. */
const share = (n: number, of: number): number => (of === 0 ? 0 : Math.ceil((n * 10_000) / of) / 100);

const told = ({ name, is, most, unit }: Limit): string =>
  `${name} ${String(is)} ${unit}${most === undefined ? '' : ` (${is > most ? 'more than' : 'at most'} ${String(most)} ${unit})`}`;
