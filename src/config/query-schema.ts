import { z } from 'zod';
import { readPromql } from '../promql.js';
import { wrong } from './fields.js';
import { shown } from './shown.js';

/** PromQL on one line that can be read, in which only these names stand for something. */
export const promql = (names: readonly string[]) =>
  z
    .string()
    .min(1)
    .max(1_000)
    .refine((text) => text === '' || faultOf(text, names) === undefined, {
      error: ({ input }) => wrong(...(faultOf(String(input), names) ?? ['', ''])),
    });

/** One query of counters: what it is for, as users write it. */
const query = (description: string, example: string) =>
  promql(['$service', '$environment'])
    .refine((text) => readPromql(text).rangeOf === undefined, {
      error: ({ input }) =>
        wrong(
          `${shown(input)} has a range, and shipway asks for its own`,
          readPromql(String(input)).rangeOf ?? example,
        ),
    })
    // A sum falls when one of its processes starts anew, and would be taken for a counter that began at 0.
    .refine((text) => !readPromql(text).aggregates, {
      error: ({ input }) =>
        wrong(
          `${shown(input)} adds processes together, and one that starts anew would be counted wrongly`,
          'the counters themselves: shipway adds up what each process has counted',
        ),
    })
    .meta({ description, examples: [example], form: 'PromQL' });

const strangers = (text: string, names: readonly string[]): readonly string[] =>
  (text.match(NAMES) ?? []).filter((name) => !names.includes(name));
/** In a regular expression `$` is an end, and in what replaces it `$1` and `${1}` are what it has found. */
const NAMES = /\$\{?[a-z_]\w*/gi;

type Fault = readonly [message: string, suggestion: string];
function faultOf(text: string, names: readonly string[]): Fault | undefined {
  const [stranger] = strangers(text, names);
  if (stranger !== undefined)
    return [
      `${shown(stranger)} stands for nothing`,
      `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`,
    ];
  if (/\p{Cc}/u.test(text)) return [`${shown(text)} has control characters in it`, 'one line of PromQL'];
  const { unread } = readPromql(text);
  if (unread === undefined) return undefined;
  return unread === ''
    ? [`${shown(text)} ends too soon to be PromQL`, 'closing what is open, or what it is to end with']
    : [
        `${shown(text)} is no PromQL from ${shown(unread)} on`,
        'what Prometheus takes, as its own page of queries shows it',
      ];
}

/** What the metric source `prometheus` is asked. */
export const queriesSchema = z
  .strictObject({
    requests: query(
      'counters of requests that ended',
      'http_requests_total{service="$service",environment="$environment"}',
    ).optional(),
    errors: query(
      'of those: the ones that failed',
      'http_requests_total{service="$service",environment="$environment",code=~"5.."}',
    ).optional(),
    latency: query(
      'buckets of a histogram of response times in seconds',
      'http_request_duration_seconds_bucket{service="$service",environment="$environment"}',
    ).optional(),
    aborted: query(
      'of `requests`: those whose user left before the answer, which say neither good nor bad',
      'http_requests_aborted_total{service="$service",environment="$environment"}',
    ).optional(),
    at_risk: query(
      'requests of users who had had no error since the deployment began; without it and `first_errors` nothing is compared',
      'http_requests_at_risk_total{service="$service",environment="$environment"}',
    ).optional(),
    first_errors: query(
      'of `at_risk`: those that failed, the first of their user',
      'http_first_errors_total{service="$service",environment="$environment"}',
    ).optional(),
  })
  .meta({
    description:
      'what `prometheus` is asked: counters with the labels `release` and `slot`. With the routers `gateway` and `nginx` all have defaults, with `haproxy` all but `latency`, with two routers what both have; who gives `requests` or `errors` gives both',
    examples: [{ latency: 'http_request_duration_seconds_bucket{service="$service"}' }],
  });
