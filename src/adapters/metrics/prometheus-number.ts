import { selectorsIn, type Selector } from '../../domain/promql.js';
import { answered, unavailable, type PrometheusAt } from './prometheus-api.js';

/**
 * The one number that a query gives as of `when` (epoch ms), NaN and infinities as they are. `undefined`: there is no such series, or one of
 * those that it asks for has not been scraped for too long. Fails with `metrics.unavailable`, also when there are several.
 */
export async function numberOf(
  at: PrometheusAt,
  query: string,
  when: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  signal.throwIfAborted();
  const promql = fresh(query, at.staleAfterMs);
  const [one, ...more] = await answered(at, { query, promql, at: when, type: 'vector' }, signal);
  if (more.length > 0)
    throw unavailable(`${query}: these are ${String(more.length + 1)} series, and one number is needed`);
  return one === undefined ? undefined : valueIn(query, one, when - at.staleAfterMs);
}

function valueIn(query: string, one: unknown, since: number): number {
  const { value } = (one ?? {}) as { readonly value?: unknown };
  const [at, text] = (Array.isArray(value) ? value : []) as readonly unknown[];
  if (typeof at === 'number' && at * 1_000 < since)
    throw unavailable(
      `${query}: it is answered with what was known at ${new Date(at * 1_000).toISOString()}`,
    );
  const number =
    typeof text === 'string' && text.trim() !== '' ? (SPECIAL.get(text) ?? Number(text)) : undefined;
  if (typeof at === 'number' && number !== undefined && (!Number.isNaN(number) || text === 'NaN'))
    return number;
  throw unavailable(`${query}: it says ${JSON.stringify(one).slice(0, MOST_SHOWN)}, which has no number`);
}
const SPECIAL = new Map([
  ['NaN', NaN],
  ['+Inf', Infinity],
  ['-Inf', -Infinity],
]);
const MOST_SHOWN = 100;

/**
 * The query, which gives nothing when what it asks for was scraped within the time that Prometheus looks back, and not within the time that
 * still says something: whatever is worked out of such series is old, and bears the instant of the question. What was never there is the
 * query's own matter.
 */
const fresh = (query: string, staleAfterMs: number): string =>
  selectorsIn(query)
    .map((selector) => `unless on() (${stale(selector, staleAfterMs)})`)
    .reduce((whole, guard) => `${whole} ${guard}`, `(${query}\n)`);

function stale({ series, range = LOOKBACK }: Selector, staleAfterMs: number): string {
  const scraped = (within: string): string => `count(last_over_time(${series}[${within}]))`;
  return `${scraped(range)} unless ${scraped(`${String(staleAfterMs)}ms`)}`;
}
/** Prometheus takes what was scraped so long ago for what is there, unless it is told otherwise. */
const LOOKBACK = '5m';
