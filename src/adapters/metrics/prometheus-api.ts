import { request } from 'undici';
import { ShipwayError, whyOf } from '../../errors.js';
import { readPromql } from '../../promql.js';
import { objectIn } from '../json-object.js';
import { textIn } from '../text-in.js';
import { within } from '../../within.js';

/** Where a Prometheus is, and how old a sample may be that still says something. */
export interface PrometheusAt {
  readonly url: string;
  /** The whole header's value. */
  readonly authorization?: string;
  readonly staleAfterMs: number;
}
/** One series: its labels, and what was scraped of it in a while, oldest first. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly { readonly at: number; readonly value: number }[];
}

const ANSWER_MS = 5_000;
const LARGEST = 64_000_000;
/** Of what is no selector Prometheus must be told how often it is to be worked out. */
const STEP = '5s';

/** What was scraped of a query within the last `seconds`. Fails with `metrics.unavailable`, whatever else comes than that. */
export async function scraped(
  at: PrometheusAt,
  query: string,
  seconds: number,
  signal: AbortSignal,
): Promise<readonly Series[]> {
  const range = `${String(Math.ceil(seconds))}s`;
  const { one } = readPromql(query);
  const promql = one === undefined ? `(${query}\n)[${range}:${STEP}]` : `${one.series}[${range}]`;
  const result = await answered(at, { query, promql, type: 'matrix' }, signal);
  return result.map((one) => seriesOf(query, one));
}

/** What is asked, for the sake of which query of the user's, as of when (epoch ms; now), and what comes of it. */
interface Question {
  readonly query: string;
  readonly promql: string;
  readonly at?: number;
  readonly type: 'matrix' | 'vector';
}

/**
 * The parts of an answer of the type that is wanted. Fails with `metrics.unavailable`, whatever else comes than that, and with
 * `config.invalid` where a value is wanted and the query is none that gives one.
 */
export async function answered(
  at: PrometheusAt,
  question: Question,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const { query, promql, type } = question;
  const when = question.at === undefined ? {} : { time: String(question.at / 1_000) };
  const { status, text } = await asked(at, 'query', { query: promql, ...when }, signal);
  const answer: Answer | undefined = objectIn(text);
  const { data, error, errorType, warnings = [] } = answer ?? {};
  const [lacking] = warnings.map(String).filter((warning) => !warning.startsWith(HINT));
  const name = shortened(query);
  const wrong = type === 'vector' ? unanswerable : unavailable;
  if (status === 400 && errorType === 'bad_data') throw wrong(`${name}: Prometheus says ${String(error)}`);
  if (status !== 200 || answer?.status !== 'success')
    throw unavailable(`${name}: Prometheus answered ${String(status)}: ${error ?? text.slice(0, 200)}`);
  if (lacking !== undefined) throw unavailable(`${name}: Prometheus does not know all: ${lacking}`);
  const { resultType, result } = data ?? {};
  if (resultType === type && Array.isArray(result)) return result as readonly unknown[];
  const why = `${name}: it gives ${String(resultType)} and no ${WANTED[type]}`;
  throw resultType !== type && TYPES.includes(resultType) ? wrong(why) : unavailable(why);
}
/** Which of them it is hangs on the query alone. */
const TYPES: readonly unknown[] = ['matrix', 'vector', 'scalar', 'string'];
/** Prometheus 2.48 to 2.53 say so among the warnings what they think of a query, such as of the name of a counter: the answer is whole. */
const HINT = 'PromQL info:';
const WANTED = { matrix: 'series', vector: 'value of a series' } as const;

/** A query before what was wrong, of which a reader is to see the end as well. */
export const shortened = (query: string): string =>
  query.length > MOST_SHOWN ? `${query.slice(0, MOST_SHOWN)}…` : query;
const MOST_SHOWN = 60;

interface Answer {
  readonly status?: unknown;
  readonly error?: string;
  readonly errorType?: unknown;
  readonly warnings?: readonly unknown[];
  readonly data?: { readonly resultType?: unknown; readonly result?: readonly unknown[] };
}

function seriesOf(query: string, one: unknown): Series {
  const { metric, values } = one as { metric?: Record<string, string>; values?: readonly [number, string][] };
  if (metric === undefined || !Array.isArray(values)) throw unavailable(`${query}: a series has no values`);
  return {
    labels: metric,
    samples: values.map(([at, text]) => ({
      at: Math.round(at * 1_000),
      value: countIn(query, metric, text),
    })),
  };
}

/** Counters count: what is no whole number is something else. */
function countIn(query: string, labels: Series['labels'], text: unknown): number {
  const value = typeof text === 'string' && text !== '' ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw unavailable(`${query}: ${JSON.stringify(labels)} says ${String(text)}, which is no count`);
}

/** What its HTTP API says there, in at most so many bytes. Fails with `metrics.unavailable` without such an answer. */
export async function asked(
  { url, authorization }: PrometheusAt,
  what: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
  largest = LARGEST,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const address = new URL(`${url.replace(/\/+$/, '')}/api/v1/${what}`);
    address.search = new URLSearchParams(parameters).toString();
    return await within(ANSWER_MS, signal, async (ending) => {
      const { statusCode, body } = await request(address, {
        headers: authorization === undefined ? {} : { authorization },
        signal: ending,
      });
      return { status: statusCode, text: await textIn(body, largest) };
    });
  } catch (cause) {
    signal.throwIfAborted();
    const why = whyOf(cause);
    throw unavailable(`Prometheus at ${url} did not answer: ${why}`, cause);
  }
}

const unanswerable = (why: string): ShipwayError => new ShipwayError('config.invalid', why);

export const unavailable = (why: string, cause?: unknown): ShipwayError =>
  new ShipwayError('metrics.unavailable', why, { cause });
