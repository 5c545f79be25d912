import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Queries } from '../../src/domain/watch-plan.js';
import type { MetricSource } from '../../src/domain/ports.js';
import type { Observation } from '../../src/domain/watching.js';
import { BLUE, GREEN, TARGET, never } from '../../src/testing/world.js';
import { answered, sourceOf, type Answer } from '../support/prometheus-answers.js';

type Pair = readonly [agoMs: number, value: string];
type Labels = Readonly<Record<string, string>>;
const GREEN_LABELS: Labels = { service: 'shop', release: GREEN, slot: 'green' };
const of = [
  { release: GREEN, slot: 'green' as const },
  { release: BLUE, slot: 'blue' as const },
];
const queries: Queries = {
  requests: 'http_requests_total{service="$service"}',
  errors: 'http_requests_total{service="$service",code=~"5.."}',
  latency: 'seconds_bucket',
};

const series = (labels: Labels, ...pairs: readonly Pair[]) => ({
  metric: labels,
  values: pairs.map(([ago, value]) => [(Date.now() - ago) / 1_000, value]),
});
const matrix = (result: readonly unknown[], resultType = 'matrix') => answered(resultType, result);

/** Well, but for what `more` says of a query by its beginning. */
function wellBut(more: Readonly<Record<string, string>>): Answer {
  return (query, res) => {
    const given = Object.entries(more).find(([begin]) => query.includes(begin))?.[1];
    const rows = query.startsWith('seconds')
      ? ['0.5', '+Inf'].map((le) => series({ ...GREEN_LABELS, le }, [1_000, '100']))
      : [series({ ...GREEN_LABELS, code: query.includes('5..') ? '500' : '200' }, [1_000, '100'])];
    res.end(given ?? matrix(rows));
  };
}

const sample = async (
  answer: Answer,
  seen: readonly Observation[] = [],
): ReturnType<MetricSource['sample']> =>
  (await sourceOf(answer)).sample(TARGET, never, { queries, of, seen });

describe('what is no answer is metrics.unavailable, with the reason', () => {
  const with_ = (begin: string, body: string) => wellBut({ [begin]: body });
  test.each([
    [
      'an empty vector',
      with_('http_requests_total{service="shop"}', matrix([])),
      /nothing of release e+ in green/,
    ],
    [
      'of another release alone',
      with_('service="shop"}', matrix([series({ release: BLUE, slot: 'blue' }, [1, '1'])])),
      /nothing of release/,
    ],
    [
      'without the labels',
      with_('service="shop"}', matrix([series({ code: '200' }, [1_000, '1'])])),
      /1 series without the labels/,
    ],
    [
      'NaN',
      with_('service="shop"}', matrix([series(GREEN_LABELS, [1_000, 'NaN'])])),
      /NaN, which is no count/,
    ],
    [
      '+Inf',
      with_('service="shop"}', matrix([series(GREEN_LABELS, [1_000, '+Inf'])])),
      /\+Inf, which is no count/,
    ],
    [
      'a part',
      with_('service="shop"}', matrix([series(GREEN_LABELS, [1_000, '1.5'])])),
      /1.5, which is no count/,
    ],
    ['stale', with_('service="shop"}', matrix([series(GREEN_LABELS, [90_000, '7'])])), /scraped 9\d s ago/],
    ['a scalar', with_('service="shop"}', matrix([], 'scalar')), /gives scalar and no series/],
    [
      'no histogram',
      with_('seconds', matrix([series(GREEN_LABELS, [1_000, '7'])])),
      /no buckets of a histogram/,
    ],
    [
      'a histogram without an end',
      with_('seconds', matrix([series({ ...GREEN_LABELS, le: '1' }, [1_000, '7'])])),
      /no buckets/,
    ],
    ['no latency', with_('seconds', matrix([])), /seconds_bucket: Prometheus has nothing/],
    [
      'a part of the answer',
      with_('seconds', JSON.stringify({ ...JSON.parse(matrix([])), warnings: ['store away'] })),
      /does not know all: store away/,
    ],
    ['an error', with_('seconds', JSON.stringify({ status: 'error', error: 'bad_data' })), /bad_data/],
    ['HTML', with_('seconds', '<html>'), /<html>/],
    ['5xx', (_: string, res: ServerResponse) => void res.writeHead(503).end('away'), /answered 503: away/],
    [
      'a redirect',
      (_: string, res: ServerResponse) => void res.writeHead(302, { location: '/' }).end(),
      /answered 302/,
    ],
    ['a hang-up', (_: string, res: ServerResponse) => void res.destroy(), /did not answer/],
  ] as const)('%s', async (_, answer, message) => {
    await expect(sample(answer)).rejects.toMatchObject({
      type: 'metrics.unavailable',
      message: expect.stringMatching(message) as string,
    });
  });

  test('a hang ends in time', async () => {
    const from = Date.now();
    await expect(sample(() => undefined)).rejects.toMatchObject({ type: 'metrics.unavailable' });
    expect(Date.now() - from).toBeLessThan(7_000);
  }, 10_000);

  test('no errors yet: only where they are requests with a label that requests have', async () => {
    const none = wellBut({ '5..': matrix([]) });
    expect((await sample(none)).counters).toMatchObject([{ requests: 100, errors: 0 }]);
    const byQuantifier = await sourceOf(wellBut({ '5[': matrix([]) }));
    const errors = 'http_requests_total{code=~"5[0-9]{2}"}';
    const found = await byQuantifier.sample(TARGET, never, { queries: { ...queries, errors }, of, seen: [] });
    expect(found.counters).toMatchObject([{ requests: 100, errors: 0 }]);
    for (const errors of ['http_errors_total', 'http_requests_total{kode=~"5.."}', 'http_requests_total']) {
      const source = await sourceOf(
        wellBut({ kode: matrix([]), http_errors: matrix([]), 'http_requests_total[': matrix([]) }),
      );
      const asked = source.sample(TARGET, never, { queries: { ...queries, errors }, of, seen: [] });
      await expect(asked).rejects.toThrow('let it be there as 0');
    }
  });

  test('no queries', async () => {
    const source = await sourceOf(() => undefined);
    await expect(source.sample(TARGET, never)).rejects.toThrow('no queries');
  });
});

describe('each part of each subject must be fresh by itself', () => {
  const BLUE_LABELS: Labels = { service: 'shop', release: BLUE, slot: 'blue' };
  const bothAt = (green: number, blue: number, more: Labels = {}) => [
    series({ ...GREEN_LABELS, ...more }, [green, '7']),
    series({ ...BLUE_LABELS, ...more }, [blue, '7']),
  ];
  const buckets = (green: number, blue: number) => matrix(bothAt(green, blue, { le: '+Inf' }));
  const asked = async (errors: string, more: Readonly<Record<string, string>>) => {
    const well = {
      '5..': matrix(bothAt(1_000, 1_000, { code: '500' })),
      fails_total: matrix(bothAt(1_000, 1_000)),
      'service="shop"}': matrix(bothAt(1_000, 1_000, { code: '200' })),
      seconds: buckets(1_000, 1_000),
    };
    const source = await sourceOf(wellBut({ ...well, ...more }));
    return source.sample(TARGET, never, { queries: { ...queries, errors }, of, seen: [] });
  };

  test.each([
    [
      'errors of the candidate',
      { fails_total: matrix(bothAt(90_000, 1_000)) },
      /fails_total.* of release e+ in green was/,
    ],
    [
      'latency of the candidate',
      { seconds: buckets(90_000, 1_000) },
      /seconds_bucket.* of release e+ in green was/,
    ],
    ['latency of stable', { seconds: buckets(1_000, 90_000) }, /seconds_bucket.* of release b+ in blue was/],
  ] as const)('%s', async (_, more, message) => {
    await expect(asked('fails_total', more)).rejects.toMatchObject({
      type: 'metrics.unavailable',
      message: expect.stringMatching(message) as string,
    });
  });

  test('errors that need not be there may be of a process that has ended, and hold nothing up', async () => {
    const found = await asked(queries.errors, {
      '5..': matrix([series({ ...GREEN_LABELS, code: '500' }, [90_000, '3'])]),
    });
    expect(found.counters[0]).toMatchObject({ requests: 7, errors: 3 });
    expect(Date.now() - found.at).toBeLessThan(10_000);
  });
});

test('it asks for what the target is, shows its credential, and works free queries out', async () => {
  const asked: string[] = [];
  const source = await sourceOf((query, res, req) => {
    asked.push(`${req.headers.authorization ?? ''} ${query}`);
    wellBut({})(query.replace('(fails', 'http'), res, req);
  });
  const errors = 'fails{env="$environment"} > 0';
  await source.sample(TARGET, never, { queries: { ...queries, errors }, of, seen: [] });
  expect(asked.toSorted()).toEqual([
    'Bearer t (fails{env="staging"} > 0\n)[300s:5s]',
    'Bearer t http_requests_total{service="shop"}[300s]',
    'Bearer t seconds_bucket[300s]',
  ]);
});

test('it counts on from what was said before, also over a process that began anew and one that has ended', async () => {
  const [old, next] = ['a', 'b'].map((instance) => ({ ...GREEN_LABELS, instance }));
  const requests = matrix([
    series(old ?? {}, [30_000, '500'], [20_000, '510'], [10_000, '4'], [1_000, '6']),
    series(next ?? {}, [30_000, '100'], [20_000, '130']),
  ]);
  const counters = { ...of[0], epoch: 'e', requests: 1_000, errors: 9, latency: [] } as never;
  const seen: Observation = {
    at: Date.now() - 25_000,
    counters: [counters],
    health: { probes: 0, failures: 0 },
  };
  const silent: Observation = { at: Date.now() - 5_000, unavailable: 'away', health: seen.health };
  const found = await sample(wellBut({ 'service="shop"}': requests }), [seen, silent]);
  // 10, then 4 and 2 after the new start; 30 of the one that has ended.
  expect(found.counters[0]).toMatchObject({ epoch: 'e', requests: 1_046 });
  expect(Math.abs(Date.now() - 1_000 - found.at)).toBeLessThan(1_000);
});
