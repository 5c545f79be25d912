import type { TargetRef } from '../../domain/ids.js';
import type { MetricSource, Watched } from '../../domain/ports.js';
import { countedTogether, named } from '../../domain/queries.js';
import { readPromql } from '../../promql.js';
import type { Queries } from '../../domain/watch-plan.js';
import type { Counters } from '../../domain/watching.js';
import { scraped, unavailable, type PrometheusAt, type Series } from './prometheus-api.js';
import { numberOf } from './prometheus-number.js';
import { resolutionsOf } from './prometheus-resolution.js';
import { increase } from './increase.js';

type Who = Pick<Counters, 'release' | 'slot'>;
type Part = keyof Queries;
type Parts = Readonly<Partial<Record<Part, readonly Series[]>>>;

/** A series that has not been scraped for so long begins anew; Prometheus itself forgets it then. */
const LOOKBACK_MS = 5 * 60_000;
/** What was said longer ago is not counted on from. */
const LONGEST_GAP_MS = 60 * 60_000;

/**
 * Counters that a Prometheus has scraped, of every process by itself, so that one which starts anew takes nothing back and adds nothing:
 * what each has counted since the sample before is added to that. Nothing there, or nothing new for too long, is no sample. Fails with
 * `metrics.unavailable`, and with what `at` fails with.
 */
export function prometheusMetrics(at: (target: TargetRef) => Promise<PrometheusAt>): MetricSource {
  return {
    async sample(target, signal, watched = { of: [], seen: [] }) {
      signal.throwIfAborted();
      const { queries } = watched;
      if (queries === undefined) throw unavailable('the plan has no queries for Prometheus');
      const place = await at(target);
      const now = Date.now();
      const since = Math.min(now, ...watched.of.map((who) => before(who, watched, now)?.at ?? now));
      const seconds = (now - since + LOOKBACK_MS) / 1_000;
      const parts = await all(queries, (query) => scraped(place, named(query, target), seconds, signal));
      return sampleOf(parts, queries, watched, { now, staleAfterMs: place.staleAfterMs });
    },
    query: async (target, text, asking, signal) => numberOf(await at(target), text, asking, signal),
    resolution: async (target, queries, signal) => resolutionsOf(await at(target), target, queries, signal),
  };
}

async function all(queries: Queries, ask: (query: string) => Promise<readonly Series[]>): Promise<Parts> {
  const given = Object.entries(queries) as [Part, string][];
  return Object.fromEntries(
    await Promise.all(given.map(async ([part, query]) => [part, await ask(query)] as const)),
  );
}

/** The last that was said of it. */
function before(
  who: Who,
  { seen }: Watched,
  now: number,
): { readonly at: number; readonly counters: Counters } | undefined {
  for (const { at, counters } of seen.toReversed()) {
    const found = counters?.find((c) => isOf(c, who));
    if (found !== undefined) return at < now - LONGEST_GAP_MS ? undefined : { at, counters: found };
  }
  return undefined;
}

const isOf = (
  labels: Readonly<Partial<Record<'release' | 'slot', string>>>,
  { release, slot }: Who,
): boolean => labels.release === release && labels.slot === slot;

interface Clock {
  readonly now: number;
  readonly staleAfterMs: number;
}

function sampleOf(
  parts: Parts,
  queries: Queries,
  watched: Watched,
  clock: Clock,
): Awaited<ReturnType<MetricSource['sample']>> {
  const requests = parts.requests ?? [];
  const subjects = watched.of.length > 0 ? watched.of : whoIn(requests);
  const [first] = subjects;
  const series = requests.filter(({ labels }) => first !== undefined && isOf(labels, first));
  if (first === undefined || series.length === 0)
    throw unavailable(absent(queries.requests, first, requests));
  const partly = oneSided(first, parts, queries, clock);
  // A stable that has ended one of two routers forgets, and the other goes on saying what it has counted of it.
  const isJudged = (who: Who): boolean =>
    who === first || partly !== undefined || oneSided(who, parts, queries, clock) === undefined;
  const judged = subjects.filter((who) => requests.some(({ labels }) => isOf(labels, who)) && isJudged(who));
  for (const who of judged) refuseStale(who, parts, queries, clock);
  // Questions one after the other may have a scrape between them: no part knows more than the others.
  const ours = Object.values(parts).map((all) =>
    all.filter(({ labels }) => subjects.some((w) => isOf(labels, w))),
  );
  const at = Math.min(...ours.map(newestOf).filter((newest) => !isStale(newest, clock)));
  const counters = judged.map((who) =>
    countersOf({ who, at, last: before(who, watched, clock.now) }, parts, queries, partly),
  );
  return { at, counters, ...(partly === undefined ? {} : { partly }) };
}

/** What is fresh of one part or of another subject says nothing of this. Only errors that may lack may be those of what has ended. */
function refuseStale(who: Who, parts: Parts, queries: Queries, clock: Clock): void {
  const ofIt = (part: Part): readonly Series[] =>
    (parts[part] ?? []).filter(({ labels }) => isOf(labels, who));
  for (const part of Object.keys(parts) as Part[]) {
    const newest = newestOf(ofIt(part));
    if (ofIt(part).length === 0 || !isStale(newest, clock)) continue;
    if (part === 'errors' && mayLack(queries, ofIt('requests'))) continue;
    // What only one of two routers counts.
    if (part === 'aborted' && countedTogether(queries.requests).length > 0) continue;
    const age = String(Math.round((clock.now - newest) / 1_000));
    throw unavailable(`${queries[part] ?? part}: what is newest${ofWhom(who)} was scraped ${age} s ago`);
  }
}

/** Which counters of one of two routers that serve together are not there, or not lately; `undefined`: none. */
function oneSided(who: Who, parts: Parts, queries: Queries, clock: Clock): string | undefined {
  for (const part of Object.keys(parts) as Part[])
    for (const name of countedTogether(queries[part] ?? '')) {
      const series = (parts[part] ?? []).filter(
        ({ labels }) => isOf(labels, who) && labels['__name__'] === name,
      );
      if (isStale(newestOf(series), clock))
        return `${name}: Prometheus has nothing new${ofWhom(who)}, so only one of two routers is counted`;
    }
  return undefined;
}

const isStale = (newest: number, { now, staleAfterMs }: Clock): boolean => now - newest > staleAfterMs;

const newestOf = (series: readonly Series[]): number =>
  Math.max(0, ...series.map(({ samples }) => samples.at(-1)?.at ?? 0));

function whoIn(series: readonly Series[]): readonly Who[] {
  const found = new Map<string, Who>();
  for (const { labels } of series) {
    const { release, slot } = labels;
    if (release !== undefined && (slot === 'blue' || slot === 'green'))
      found.set(`${release}/${slot}`, { release, slot });
  }
  return [...found.values()];
}

const ofWhom = ({ release, slot }: Who): string => ` of release ${release.slice(0, 12)} in ${slot}`;

function absent(query: string, who: Who | undefined, series: readonly Series[]): string {
  const of = who === undefined ? '' : ofWhom(who);
  const without = series.filter(
    ({ labels }) => labels['release'] === undefined || labels['slot'] === undefined,
  );
  return without.length === 0
    ? `${query}: Prometheus has nothing${of}`
    : `${query}: Prometheus has ${String(without.length)} series without the labels release and slot, and nothing${of}`;
}

interface Counting {
  readonly who: Who;
  readonly at: number;
  readonly last: { readonly at: number; readonly counters: Counters } | undefined;
}

/** `partly`: one of two routers is missing, and may be the one that counts who has given up. */
function countersOf(
  { who, at, last }: Counting,
  parts: Parts,
  queries: Queries,
  partly: string | undefined,
): Counters {
  const series = (part: Part): readonly Series[] =>
    (parts[part] ?? []).filter(({ labels }) => isOf(labels, who));
  const grown = (all: readonly Series[]): number => increase(all, last?.at, at);
  const aborted =
    queries.aborted === undefined || partly !== undefined
      ? series('aborted')
      : needed(series('aborted'), queries.aborted, who);
  const errors = series('errors');
  if (errors.length === 0 && !mayLack(queries, series('requests')))
    throw unavailable(`${absent(queries.errors, who, [])}: let it be there as 0 before the first error`);
  const requests = Math.max(grown(series('requests')) - grown(aborted), 0);
  return {
    ...who,
    epoch: last?.counters.epoch ?? `prometheus/${String(at)}`,
    requests: (last?.counters.requests ?? 0) + requests,
    errors: (last?.counters.errors ?? 0) + grown(errors),
    latency: latencyOf(
      needed(series('latency'), queries.latency, who),
      queries.latency,
      grown,
      last?.counters,
    ),
    ...atRiskOf(series('atRisk'), series('firstErrors'), grown, last?.counters),
  };
}

/** Where nothing tells users apart, such as a gateway of before, that is missing and no 0. */
function atRiskOf(
  requests: readonly Series[],
  errors: readonly Series[],
  grown: (all: readonly Series[]) => number,
  last: Counters | undefined,
): Pick<Counters, 'atRisk'> {
  if (requests.length === 0 || errors.length === 0) return {};
  const before = last?.atRisk ?? { requests: 0, errors: 0 };
  return {
    atRisk: { requests: before.requests + grown(requests), errors: before.errors + grown(errors) },
  };
}

function needed(series: readonly Series[], query: string, who: Who): readonly Series[] {
  if (series.length === 0) throw unavailable(absent(query, who, []));
  return series;
}

/**
 * Errors may be those of the requests that have a label with some value, which come to be with the first one. Anything else that is not
 * there is a mistake in the query as well as a release without errors.
 */
function mayLack({ requests, errors }: Queries, counted: readonly Series[]): boolean {
  const { metric = '', labels = [] } = readPromql(errors).one ?? {};
  if (metric === '' || readPromql(requests).one?.metric !== metric) return false;
  return labels.length > 0 && labels.every((label) => counted.some((c) => c.labels[label] !== undefined));
}

function latencyOf(
  series: readonly Series[],
  query: string,
  grown: (all: readonly Series[]) => number,
  last: Counters | undefined,
): Counters['latency'] {
  const bounds = [...new Set(series.map(({ labels }) => labels['le'] ?? 'none'))];
  const buckets = bounds
    .map((le) => {
      const leMs = le === '+Inf' ? null : Math.round(Number(le) * 1_000);
      const counted = last?.latency.find((b) => b.leMs === leMs)?.count ?? 0;
      return { leMs, count: counted + grown(series.filter(({ labels }) => labels['le'] === le)) };
    })
    .sort((a, b) => (a.leMs ?? Infinity) - (b.leMs ?? Infinity));
  const rising = buckets.every(({ count }, i) => count >= (buckets[i - 1]?.count ?? 0));
  if (buckets.some(({ leMs }) => Number.isNaN(leMs)) || buckets.at(-1)?.leMs !== null || !rising)
    throw unavailable(`${query}: these are no buckets of a histogram with le up to +Inf`);
  return buckets;
}
