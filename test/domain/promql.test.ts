import { expect, test } from 'vitest';
import { selectorsIn, unquoted } from '../../src/domain/promql.js';
import { named, tellsReleases } from '../../src/domain/queries.js';

test.each<[string, readonly string[]]>([
  ['orders', ['orders']],
  ['orders{a="b}",c=~`x[5m]`}', ['orders{a="b}",c=~`x[5m]`}']],
  ['{__name__=~"a|b",c="d"}', ['{__name__=~"a|b",c="d"}']],
  ['sum(rate(orders_total{slot="green"}[5m]))', ['orders_total{slot="green"} 5m']],
  [
    'sum by (slot, le) (rate(a[5m])) / on(slot) group_left sum without(le) (b offset 1h) > bool 1e3',
    ['a 5m', 'b'],
  ],
  ['histogram_quantile(0.95, sum by(le) (rate(s_bucket[2m])))', ['s_bucket 2m']],
  ['label_replace(a, "x", "$1", "y", "b[5m]")', ['a']],
  ['a or vector(0) and b unless c atan2 d', ['a', 'b', 'c', 'd']],
  ['topk(3, a) - COUNT(b) + Inf - NaN + 0x1F + 5', ['a', 'b']],
  ['job:a:rate5m @ end() + a @ 1609746000', ['job:a:rate5m', 'a']],
  ['a + a + a[5m]', ['a', 'a 5m']],
  ['rate(a [5m])', ['a 5m']],
  ['time() - vector(1)', []],
  ['1', []],
])('the series that %s asks for', (query, found) => {
  expect(selectorsIn(query).map(({ series, range }) => [series, range].filter(Boolean).join(' '))).toEqual(
    found,
  );
});

test.each<[string, readonly boolean[]]>([
  ['rate(a[1m]) + avg_over_time(b[1m])', [true, false]],
  ['sum(irate( (a[1m] offset 5m)))', [true]],
  ['rate(a[1m]) / rate_of_all', [true, false]],
  ['predict_linear(a[1m], 60) - max_over_time(a[1m])', [true, false]],
])('whether a function needs two samples: %s', (query, ofTwo) => {
  expect(selectorsIn(query).map((one) => one.ofTwo === true)).toEqual(ofTwo);
});

test('what is quoted, or a comment, is no part of a query', () => {
  expect(unquoted(`a{b="[1:2]",c='"',d=\`'\`} + "\\""`)).toBe('a{b="",c="",d=""} + ""');
  expect(unquoted('a{b="#"} # of "them" [1:')).toBe('a{b=""} ');
});

test('names stand for whom it is asked of, each wherever it is', () => {
  const of = { service: 'shop', environment: 'staging', release: 'e'.repeat(64), slot: 'green' } as const;
  expect(named('a{s="$service-$environment",r="$release"} + b{c="$slot$slot"}', of)).toBe(
    `a{s="shop-staging",r="${of.release}"} + b{c="greengreen"}`,
  );
  expect(named('$release', { service: 'shop', environment: 'staging' })).toBe('$release');
  expect(['a{r="$release"}', 'a{s="$slot"}', 'a{s="$service"}'].map(tellsReleases)).toEqual([
    true,
    true,
    false,
  ]);
});
