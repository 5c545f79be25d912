import { expect, test } from 'vitest';
import { templateOf } from '../../src/domain/queries.js';
import type { Queries } from '../../src/domain/watch-plan.js';
import { BLUE, GREEN, TARGET, never } from '../../src/testing/world.js';
import { answered, sourceOf } from '../support/prometheus-answers.js';

test.each([
  ['both', 1_000, 180, undefined],
  [
    'one of them no more',
    90_000,
    180,
    /^shipway_nginx_\w+: .* of release e+ in green, so only one of two routers/,
  ],
  ['one of them never', undefined, 90, /^shipway_nginx_\w+: .* so only one of two routers is counted$/],
] as const)('of two routers that serve together the counters of both: %s', async (_, ago, requests, why) => {
  const names = (query: string): readonly string[] => /"([^"]*)"/.exec(query)?.[1]?.split('|') ?? [];
  const source = await sourceOf((query, res) => {
    const rows = names(query).flatMap((name) => {
      const at = name.startsWith('shipway_nginx') ? ago : 1_000;
      const labels = { service: 'shop', release: GREEN, slot: 'green', __name__: name };
      const all = name.endsWith('_bucket') ? [{ ...labels, le: '+Inf' }] : [labels];
      const count = name.endsWith('aborted_total') ? '10' : '100';
      return at === undefined
        ? []
        : all.map((one) => ({
            metric: one,
            values: [at + 5_000, at].map((before) => [(Date.now() - before) / 1_000, count]),
          }));
    });
    res.end(answered('matrix', rows));
  });
  const [queries, of] = [templateOf('gateway+nginx'), [{ release: GREEN, slot: 'green' as const }]];
  const found = await source.sample(TARGET, never, { queries: queries as Queries, of, seen: [] });
  expect(found.counters).toMatchObject([{ slot: 'green', requests, latency: [{ leMs: null }] }]);
  if (why === undefined) expect(found).not.toHaveProperty('partly');
  else expect(found.partly).toMatch(why);
});

test.each(['haproxy+nginx', 'gateway+haproxy'])(
  'of %s HAProxy forgets a stable that has ended: the candidate is judged, by the counters of both',
  async (router) => {
    const names = (query: string): readonly string[] =>
      /__name__=~"([^"]*)"/.exec(query)?.[1]?.split('|') ?? [query.replace(/\{.*/, '')];
    const source = await sourceOf((query, res) => {
      const rows = names(query).flatMap((name) =>
        [
          { release: GREEN, slot: 'green', ended: false },
          { release: BLUE, slot: 'blue', ended: name.startsWith('haproxy') || name.startsWith('http') },
        ].flatMap(({ ended, ...who }) => {
          const le = name.includes('_bucket') ? { le: '+Inf' } : {};
          const values = [6_000, 1_000].map((before) => [(Date.now() - before) / 1_000, '100']);
          return ended ? [] : [{ metric: { ...who, ...le, service: 'shop', __name__: name }, values }];
        }),
      );
      res.end(answered('matrix', rows));
    });
    const queries = { latency: 'http_request_seconds_bucket{service="$service"}', ...templateOf(router) };
    const of = [
      { release: GREEN, slot: 'green' as const },
      { release: BLUE, slot: 'blue' as const },
    ];
    const found = await source.sample(TARGET, never, { queries: queries as Queries, of, seen: [] });
    expect(found).not.toHaveProperty('partly');
    expect(found.counters.map(({ slot }) => slot)).toEqual(['green']);
  },
);
