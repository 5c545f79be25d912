import type { TargetRef } from '../../domain/ids.js';
import type { Resolution } from '../../domain/metric-source.js';
import { named } from '../../domain/queries.js';
import { readPromql } from '../../promql.js';
import { objectIn } from '../json-object.js';
import { answered, asked, shortened, type PrometheusAt } from './prometheus-api.js';

/** What Prometheus scrapes, by the labels that it gives to all series of it, and how often. */
interface Scraped extends From {
  readonly everyMs: number;
}
/** Where a series comes from. */
interface From {
  readonly job?: unknown;
  readonly instance?: unknown;
}

/**
 * How often is scraped what each query has series of now, whatever release they are of; and how often anything is, for what has none, or none
 * that says where it comes from. Nothing where Prometheus scrapes nothing, or is not one that says so. Fails with `metrics.unavailable`
 * without an answer, and where there are too many targets to read them all for a few numbers.
 */
export async function resolutionsOf(
  at: PrometheusAt,
  target: TargetRef,
  queries: readonly string[],
  signal: AbortSignal,
): Promise<readonly Resolution[]> {
  const sources = queries.map(async (query) => ({ query, from: await sourcesOf(at, target, query, signal) }));
  const [all, ...found] = await Promise.all([scrapedBy(at, signal), ...sources]);
  if (all.length === 0) return [];
  const intervals = all.map(({ everyMs }) => everyMs);
  return [
    ...found.flatMap(({ query, from }) => scrapedFor(query, from, all)),
    {
      ...{ leastMs: Math.min(...intervals), mostMs: Math.max(...intervals) },
      why: 'it is not known which of its scrapes that comes from, so the shortest counts',
    },
  ];
}

/** Of several that a query has series of, what is scraped most often is what it knows something new by. */
function scrapedFor(query: string, from: readonly From[], all: readonly Scraped[]): readonly Resolution[] {
  const [most] = all
    .filter((one) => from.some((series) => isFrom(series, one)))
    .toSorted((a, b) => a.everyMs - b.everyMs);
  if (most === undefined) return [];
  const why = `${shortened(query)} comes from the job ${String(most.job)}`;
  return [{ query, leastMs: most.everyMs, mostMs: most.everyMs, why }];
}

/** What a rule has made may have lost its instance. */
const isFrom = ({ job, instance }: From, one: Scraped): boolean =>
  job !== undefined && job === one.job && (instance === undefined || instance === one.instance);

/** What cannot be asked for has no series. */
async function sourcesOf(
  at: PrometheusAt,
  target: TargetRef,
  query: string,
  signal: AbortSignal,
): Promise<readonly From[]> {
  const { selectors } = readPromql(named(ofAnyRelease(query), target));
  if (selectors.length === 0) return [];
  const promql = selectors.map(({ series }) => `count by (job, instance) (${series})`).join(' or ');
  const result = await answered(at, { query, promql, type: 'vector' }, signal).catch(() => []);
  return result.map((one) => ((one ?? {}) as { readonly metric?: From }).metric ?? {});
}

/** The candidate has no series before it runs; stable's are scraped as its own will be. */
const ofAnyRelease = (query: string): string =>
  query
    .replaceAll(/(?<!!)=\s*(["'`])\$(?:release|slot)\1/g, '=~".+"')
    .replaceAll(/\$(?:release|slot)\b/g, '.+');

async function scrapedBy(at: PrometheusAt, signal: AbortSignal): Promise<readonly Scraped[]> {
  const { status, text } = await asked(at, 'targets', { state: 'active' }, signal, LARGEST);
  const { data }: Answer = (status === 200 ? objectIn(text) : undefined) ?? {};
  const targets = Array.isArray(data?.activeTargets) ? (data.activeTargets as readonly unknown[]) : [];
  return targets.map(scrapedIn).filter(({ everyMs }) => everyMs > 0);
}

/** Of some thousand targets, with all that is known of each. */
const LARGEST = 4_000_000;

interface Answer {
  readonly data?: { readonly activeTargets?: unknown };
}

/** An interval is as Prometheus writes a duration: `15s`, `1m30s`. */
function scrapedIn(target: unknown): Scraped {
  const { scrapeInterval, labels } = (target ?? {}) as {
    readonly scrapeInterval?: unknown;
    readonly labels?: From;
  };
  const parts = [...String(scrapeInterval).matchAll(/(\d+)(ms|s|m|h|d|w|y)/g)];
  const everyMs = parts.reduce((sum, [, n, unit = '']) => sum + Number(n) * (MS[unit] ?? 0), 0);
  return { job: labels?.job, instance: labels?.instance, everyMs };
}
const DAY = 86_400_000;
const MS: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 },
  ...{ d: DAY, w: 7 * DAY, y: 365 * DAY },
};
