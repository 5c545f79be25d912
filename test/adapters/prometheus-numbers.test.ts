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
  return source.query?.(TARGET, query, { at: Date.now() }, never);
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

const failed =
  (status: number, errorType: string, error: string): Answer =>
  (_, res) =>
    void res.writeHead(status).end(JSON.stringify({ status: 'error', errorType, error }));
const data = failed(422, 'execution', 'found duplicate series');
const old = (): string => answered('vector', [{ metric: {}, value: [now() - 90, '3'] }]);
const with_ = (of: object): string => JSON.stringify({ ...JSON.parse(vector('3')), ...of });
test.each<[string, Answer, RegExp]>([
  ['several series', says(() => vector('1', '2')), /these are 2 series, and one number is needed/],
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
  ['what is no type', says(() => answered('histogram', [])), /gives histogram and no value/],
  ['what is wrong in the data', data, /answered 422: found duplicate/],
  ['400 of somebody else', (_: string, res: ServerResponse) => void res.writeHead(400).end('no'), /400: no/],
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
  const ask = (query: string, since?: number) =>
    source.query?.(TARGET, query, { at, ...(since === undefined ? {} : { since }) }, never);
  await ask('rate(a[2m]) / b # of all');
  await ask('b', at - 10_000);
  const gone = (series: string, there: string, enough: string, fresh = 60_000, back = 3_600_000): string =>
    `unless on() (count(${there} or last_over_time(${series}[5m]) or last_over_time(${series}[${String(back)}ms]) and on(job, instance) (up == 0)) ` +
    `unless count(${enough} and last_over_time(${series}[${String(fresh)}ms])))`;
  const [a, b] = [gone('a', 'last_over_time(a[2m])', 'count_over_time(a[2m]) > 1'), gone('b', 'b', 'b')];
  expect(asked).toEqual([
    ['Bearer t', String(at / 1_000), `(rate(a[2m]) / b # of all\n) ${a} ${b}`],
    ['Bearer t', String(at / 1_000), `(b\n) ${gone('b', 'b', 'b', 10_000, 3_610_000)}`],
  ]);
  expect(await ask('b', at)).toBeUndefined();
  await ask('b', at - 90 * 86_400_000);
  expect(asked).toHaveLength(3);
  expect(asked[2]).toEqual([
    ...(asked[1] as []).slice(0, 2),
    `(b\n) ${gone('b', 'b', 'b', 60_000, 86_400_000)}`,
  ]);
});

const ofTheQuery =
  (query: string): Answer =>
  (promql, res, req) =>
    promql === query
      ? failed(400, 'bad_data', `of ${query}`)(promql, res, req)
      : failed(400, 'bad_data', 'of the guard')(promql, res, req);
test.each<[string, Answer, RegExp]>([
  [
    'is no PromQL, in the words of what the user wrote',
    ofTheQuery('orders'),
    /^orders: Prometheus says of orders$/,
  ],
  ['gives a scalar', says(() => answered('scalar', [now(), '3'])), /gives scalar and no value/],
  ['gives a text', says(() => answered('string', [now(), '3'])), /gives string and no value/],
  [
    'gives a range',
    says(() => answered('matrix', [{ metric: {}, values: [[now(), '3']] }])),
    /gives matrix and no value/,
  ],
])('a query that %s is config.invalid', async (_, answer, message) => {
  await expect(numberOf(answer)).rejects.toMatchObject({
    type: 'config.invalid',
    message: expect.stringMatching(message) as string,
  });
});

test.each([
  ['orders keep_metric_names', 'it cannot be read from keep_metric_names on'],
  ['sum(orders', 'it ends too soon'],
])(
  'what is answered and cannot be read here is refused, as nothing would guard it: %s',
  async (query, why) => {
    const asked: string[] = [];
    const answer: Answer = (promql, res) => {
      asked.push(promql);
      res.end(vector('3'));
    };
    await expect(numberOf(answer, query)).rejects.toMatchObject({
      type: 'config.invalid',
      message: `${query}: ${why}, and without that nobody can tell whether what it asks for is still there`,
    });
    expect(asked).toEqual([query]);
  },
);

test('what Prometheus thinks of a query is no warning', async () => {
  const info =
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "orders" (1:6)';
  expect(await numberOf(says(() => with_({ warnings: [info] })))).toBe(3);
  const both = says(() => with_({ warnings: [info, 'store away'] }));
  await expect(numberOf(both)).rejects.toThrow('does not know all: store away');
});

test('of a long query a reason has the begin, and the whole cause', async () => {
  const query = `sum(${'x'.repeat(400)})`;
  await expect(numberOf(data, query)).rejects.toThrow(
    `${query.slice(0, 60)}…: Prometheus answered 422: found duplicate series`,
  );
});
