import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { TARGET, never } from '../../src/testing/world.js';
import { answered, sourceOf, type Answer } from '../support/prometheus-answers.js';

const now = (): number => Date.now() / 1_000;
const vector = (...values: readonly unknown[]) =>
  answered(
    'vector',
    values.map((value) => ({ metric: {}, value: [now(), value] })),
  );
const says =
  (body: () => string): Answer =>
  (_, res) =>
    void res.end(body());
const numberOf = async (answer: Answer, query = 'orders') => {
  const source = await sourceOf(answer);
  return source.query?.(TARGET, query, Date.now(), never);
};

test.each([
  ['3.25', 3.25],
  ['-1e-7', -1e-7],
  ['0', 0],
  ['1e+06', 1_000_000],
  ['NaN', NaN],
  ['+Inf', Infinity],
  ['-Inf', -Infinity],
])('the number that %s is', async (text, number) => {
  expect(await numberOf(says(() => vector(text)))).toBe(number);
});

test('nothing is nothing, and no 0', async () => {
  expect(await numberOf(says(() => vector()))).toBeUndefined();
});

const old = (): string => answered('vector', [{ metric: {}, value: [now() - 90, '3'] }]);
const with_ = (of: object): string => JSON.stringify({ ...JSON.parse(vector('3')), ...of });
test.each<[string, Answer, RegExp]>([
  ['several series', says(() => vector('1', '2')), /these are 2 series, and one number is needed/],
  ['a scalar', says(() => answered('scalar', [now(), '3'])), /gives scalar and no value/],
  ['a text', says(() => answered('string', [now(), '3'])), /gives string and no value/],
  [
    'a range',
    says(() => answered('matrix', [{ metric: {}, values: [[now(), '3']] }])),
    /gives matrix and no value/,
  ],
  ['what was known before', says(old), /answered with what was known at 20/],
  ['no text', says(() => vector(3)), /has no number/],
  ['an empty text', says(() => vector('')), /has no number/],
  ['words', says(() => vector('constructor')), /has no number/],
  ['more than a number', says(() => vector('3 orders')), /has no number/],
  ['a histogram', says(() => answered('vector', [{ metric: {}, histogram: [now(), {}] }])), /has no number/],
  ['null for a series', says(() => answered('vector', [null])), /has no number/],
  ['no instant', says(() => answered('vector', [{ metric: {}, value: ['now', '3'] }])), /has no number/],
  ['null for the series', says(() => answered('vector', null)), /gives vector and no value/],
  ['a part of the answer', says(() => with_({ warnings: ['store away'] })), /does not know all: store away/],
  ['an error', says(() => with_({ status: 'error', error: 'parse error' })), /answered 200: parse error/],
  ['HTML', says(() => '<html>'), /<html>/],
  ['5xx', (_: string, res: ServerResponse) => void res.writeHead(503).end('away'), /answered 503: away/],
  ['a hang-up', (_: string, res: ServerResponse) => void res.destroy(), /did not answer/],
])('%s is metrics.unavailable, with the reason', async (_, answer, message) => {
  await expect(numberOf(answer)).rejects.toMatchObject({
    type: 'metrics.unavailable',
    message: expect.stringMatching(message) as string,
  });
});

test('a hang ends in time', async () => {
  const from = Date.now();
  await expect(numberOf(() => undefined)).rejects.toMatchObject({ type: 'metrics.unavailable' });
  expect(Date.now() - from).toBeLessThan(7_000);
}, 10_000);

test('it is asked as of an instant, with the credential, and for nothing of series that are no longer scraped', async () => {
  const asked: unknown[] = [];
  const source = await sourceOf((query, res, req) => {
    asked.push([
      req.headers.authorization,
      new URL(req.url ?? '', 'http://x').searchParams.get('time'),
      query,
    ]);
    res.end(vector('3'));
  });
  const at = Date.now();
  await source.query?.(TARGET, 'rate(a[2m]) / b # of all', at, never);
  const stale = (series: string, range: string): string =>
    `unless on() (count(last_over_time(${series}[${range}])) unless count(last_over_time(${series}[60000ms])))`;
  expect(asked).toEqual([
    ['Bearer t', String(at / 1_000), `(rate(a[2m]) / b # of all\n) ${stale('a', '2m')} ${stale('b', '5m')}`],
  ]);
});
