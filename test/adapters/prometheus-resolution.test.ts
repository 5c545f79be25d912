import { expect, test } from 'vitest';
import { TARGET, never } from '../../src/testing/world.js';
import { answered, sourceOf, type Answer } from '../support/prometheus-answers.js';

const target = (job: string, instance: string, scrapeInterval: string) => ({
  ...{ discoveredLabels: { job: 'found' }, labels: { job, instance }, scrapeInterval },
});
const TARGETS = [target('web', 'a:1', '1m'), target('web', 'b:1', '2m'), target('node', 'a:1', '5s')];
const everything = (activeTargets: unknown): string => JSON.stringify({ data: { activeTargets } });
/** Of one that scrapes these targets, and has series with these labels of whatever it is asked. */
const scraping =
  (targets: readonly unknown[], rows: readonly object[]): Answer =>
  (_, res, { url = '' }) =>
    void res.end(
      url.includes('/targets')
        ? everything(targets)
        : answered(
            'vector',
            rows.map((metric) => ({ metric, value: [1, '1'] })),
          ),
    );
const resolutions = async (answer: Answer, queries: readonly string[] = []) =>
  (await sourceOf(answer)).resolution?.(TARGET, queries, never);
const WHY = 'it is not known which of its scrapes that comes from, so the shortest counts';

test.each<[string, readonly object[], number | undefined]>([
  ['one target', [{ job: 'web', instance: 'b:1' }], 120_000],
  [
    'several, the one that is scraped most often',
    [
      { job: 'web', instance: 'b:1' },
      { job: 'web', instance: 'a:1' },
    ],
    60_000,
  ],
  ['a rule, which has kept its job', [{ job: 'web' }], 60_000],
  ['another job at the same address', [{ job: 'node', instance: 'a:1' }], 5_000],
  [
    'targets of which one is known',
    [
      { job: 'gone', instance: 'x:1' },
      { job: 'web', instance: 'b:1' },
    ],
    120_000,
  ],
  ['a target that is not there', [{ job: 'web', instance: 'x:1' }], undefined],
  ['a rule, which has lost its job', [{}], undefined],
  ['nothing', [], undefined],
])('series of %s', async (_, rows, ms) => {
  const why = `orders comes from the job ${ms === 5_000 ? 'node' : 'web'}`;
  expect(await resolutions(scraping(TARGETS, rows), ['orders'])).toEqual([
    ...(ms === undefined ? [] : [{ query: 'orders', leastMs: ms, mostMs: ms, why }]),
    { leastMs: 5_000, mostMs: 120_000, why: WHY },
  ]);
});

test('the series of a query are those of any release of its target', async () => {
  const asked: (string | undefined)[] = [];
  await resolutions(
    (query, res, req) => {
      asked.push(`${req.headers.authorization ?? ''} ${query === '' ? String(req.url) : query}`);
      scraping(TARGETS, [])(query, res, req);
    },
    [
      'rate(a{service="$service",release="$release",slot = \'$slot\'}[5m]) / b # of all',
      'c{release=~"$release|x",slot!="$slot"}',
      '1',
    ],
  );
  expect(asked.toSorted()).toEqual([
    'Bearer t /api/v1/targets?state=active',
    `Bearer t count by (job, instance) (a{service="shop",release=~".+",slot =~".+"}) or count by (job, instance) (b)`,
    'Bearer t count by (job, instance) (c{release=~".+|x",slot!=".+"})',
  ]);
});

test.each<[string, Answer]>([
  [
    'cannot be asked for',
    (_, res) => void res.writeHead(400).end('{"status":"error","errorType":"bad_data"}'),
  ],
  ['is not answered', (_, res) => void res.destroy()],
  ['is not answered whole', (_, res) => void res.end('{"status":"success","warnings":["store away"]}')],
])('a query that %s has no series', async (_, answer) => {
  const found = await resolutions(
    (query, res, req) => {
      (query === '' ? scraping(TARGETS, []) : answer)(query, res, req);
    },
    ['orders'],
  );
  expect(found).toEqual([{ leastMs: 5_000, mostMs: 120_000, why: WHY }]);
});

test.each<[string, readonly [number, number] | undefined]>([
  [everything([{ scrapeInterval: '1m30s' }, { scrapeInterval: '15s' }, {}, null]), [15_000, 90_000]],
  [everything([{ scrapeInterval: '500ms' }]), [500, 500]],
  [everything([]), undefined],
  [everything({ scrapeInterval: '1s' }), undefined],
  ['no page of that name', undefined],
])('of %s Prometheus scrapes all within %j ms', async (body, within) => {
  const [leastMs, mostMs] = within ?? [];
  const found = await resolutions((_, res) => void res.end(body));
  expect(found).toEqual(within === undefined ? [] : [{ leastMs, mostMs, why: WHY }]);
});

test('a Prometheus with more targets than are to be read for one number cannot say', async () => {
  const target = JSON.stringify({ discoveredLabels: { a: 'x'.repeat(1_000) }, scrapeInterval: '15s' });
  const body = `{"data":{"activeTargets":[${Array.from({ length: 5_000 }, () => target).join()}]}}`;
  const source = await sourceOf((_, res) => void res.end(body));
  await expect(source.resolution?.(TARGET, [], never)).rejects.toMatchObject({
    type: 'metrics.unavailable',
    message: expect.stringContaining('the answer is too large') as string,
  });
});
