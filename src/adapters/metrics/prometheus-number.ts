import type { Asking } from '../../domain/metric-source.js';
import { ShipwayError } from '../../errors.js';
import { readPromql } from '../../promql.js';
import { answered, shortened, unavailable, type PrometheusAt } from './prometheus-api.js';
import { guarded } from './prometheus-guard.js';

const HOUR_MS = 60 * 60_000;
/** Further back a series of every few seconds is more than Prometheus should read at each look. */
const FURTHEST_MS = 24 * HOUR_MS;

/**
 * The one number that a query gives, NaN and infinities as they are. `undefined`: there is no such series, or one of those that it asks for
 * has not been scraped for too long, or not since then. Fails with `metrics.unavailable`, also when there are several, and with
 * `config.invalid` when the query never gives one, or cannot be read.
 */
export async function numberOf(
  at: PrometheusAt,
  query: string,
  { at: when, since }: Asking,
  signal: AbortSignal,
): Promise<number | undefined> {
  signal.throwIfAborted();
  const ago = since === undefined ? Infinity : when - since;
  if (ago <= 0) return undefined;
  const ask = (promql: string): Promise<readonly unknown[]> =>
    answered(at, { query, promql, at: when, type: 'vector' }, signal);
  const reach = {
    freshMs: Math.min(at.staleAfterMs, ago),
    backMs: since === undefined ? HOUR_MS : Math.min(ago + HOUR_MS, FURTHEST_MS),
  };
  const { selectors, unread } = readPromql(query);
  if (unread !== undefined) throw await unreadable(query, unread, ask);
  const [one, ...more] = await ask(guarded(query, selectors, reach)).catch(async (error: unknown) => {
    // What is wrong with it is said of what the user wrote.
    if (error instanceof ShipwayError && error.type === 'config.invalid') await ask(query);
    throw error;
  });
  if (more.length > 0)
    throw unavailable(
      `${shortened(query)}: these are ${String(more.length + 1)} series, and one number is needed`,
    );
  return one === undefined ? undefined : valueIn(query, one, when - at.staleAfterMs);
}

/** Where Prometheus itself cannot read it either, in its words. */
async function unreadable(
  query: string,
  unread: string,
  ask: (promql: string) => Promise<unknown>,
): Promise<ShipwayError> {
  await ask(query);
  const from = unread === '' ? 'it ends too soon' : `it cannot be read from ${unread} on`;
  return new ShipwayError(
    'config.invalid',
    `${shortened(query)}: ${from}, and without that nobody can tell whether what it asks for is still there`,
  );
}

function valueIn(query: string, one: unknown, since: number): number {
  const { value } = (one ?? {}) as { readonly value?: unknown };
  const [at, text] = (Array.isArray(value) ? value : []) as readonly unknown[];
  if (typeof at === 'number' && at * 1_000 < since)
    throw unavailable(
      `${shortened(query)}: it is answered with what was known at ${new Date(at * 1_000).toISOString()}`,
    );
  const number =
    typeof text === 'string' && text.trim() !== '' ? (SPECIAL.get(text) ?? Number(text)) : undefined;
  if (typeof at === 'number' && number !== undefined && (!Number.isNaN(number) || text === 'NaN'))
    return number;
  throw unavailable(
    `${shortened(query)}: it says ${JSON.stringify(one).slice(0, MOST_SHOWN)}, which has no number`,
  );
}
const SPECIAL = new Map([
  ['NaN', NaN],
  ['+Inf', Infinity],
  ['-Inf', -Infinity],
]);
const MOST_SHOWN = 100;
