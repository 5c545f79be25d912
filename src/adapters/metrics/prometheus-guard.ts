import type { Selector } from '../../promql.js';

/** How long before the instant of a question, in ms. */
export interface Reach {
  /** What was scraped longer ago says nothing. */
  readonly freshMs: number;
  /** So far back it is asked what there was. */
  readonly backMs: number;
}

/**
 * The query with its selectors, which gives nothing where what it asks for was there and says nothing now: whatever is worked out of that is
 * old and bears the instant of the question, or is what the query says of silence, such as `or vector(0)`. What was never there is the
 * query's own matter, and so is what a target that is scraped does not show.
 */
export const guarded = (query: string, selectors: readonly Selector[], reach: Reach): string =>
  [`(${query}\n)`, ...selectors.map((selector) => `unless on() (${silent(selector, reach)})`)].join(' ');

/**
 * Series that are gone from a target may have gone with it in good order, as those of the release before do: that is told for as long as they
 * are still in reach. Those of a target that is to be scraped and cannot be are silent as long as it is.
 */
function silent({ series, range, ofTwo }: Selector, { freshMs, backMs }: Reach): string {
  const last = (within: string): string => `last_over_time(${series}[${within}])`;
  const there = range === undefined ? series : last(range);
  const was = `${there} or ${last(LOOKBACK)} or ${last(ms(backMs))} and on(job, instance) (up == 0)`;
  // A rate of one sample is none, though there is one.
  const enough =
    range === undefined || ofTwo === undefined ? there : `count_over_time(${series}[${range}]) > 1`;
  return `count(${was}) unless count(${enough} and ${last(ms(freshMs))})`;
}
const ms = (of: number): string => `${String(of)}ms`;
/** So long Prometheus takes what it has scraped for what is there, unless it is told otherwise. */
const LOOKBACK = '5m';
