import { parser } from '@prometheus-io/lezer-promql';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readPromql } from '../src/promql.js';

const selectorsIn = (query: string) => readPromql(query).selectors;

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
  ['a + a + rate(a[5m])', ['a', 'a 5m']],
  ['rate(a [5m])', ['a 5m']],
  ['time() - vector(1)', []],
  ['1', []],
  // Names and labels that are words of the language elsewhere.
  ['rate(count[5m]) / sum', ['count 5m', 'sum']],
  [
    'a{by="c",on=~"d",offset="e"} * on(group_left) sum(b{bool="x"}) by (by)',
    ['a{by="c",on=~"d",offset="e"}', 'b{bool="x"}'],
  ],
  ['sum by ("a)b", `c(`) (a)', ['a']],
  // Texts that look like something else.
  [`a{b='}#"',c="\\"} + d[5m]"} # e{f="g"}`, [`a{b='}#"',c="\\"} + d[5m]"}`]],
  ['{"http.requests", "the.path"=~"/x{2}"}[5m]', ['{"http.requests", "the.path"=~"/x{2}"} 5m']],
  ['count_values("a[1m]", b) or absent(c{d=~`}`})', ['b', 'c{d=~`}`}']],
  // When it is to be.
  ['a offset -1h30m + rate(b[5m] @ start() offset 1w) + c @ -1.5e3 offset 5', ['a', 'b 5m', 'c']],
  ['max_over_time(rate(a[5m])[1h:1m] offset 1d) + b[10m:]', ['a 5m', 'b']],
  ['rate(a[5m] anchored) + rate(b[5m + 1m])', ['a 5m', 'b 5m + 1m']],
  // Functions of another version, and of what answers as Prometheus does.
  [
    'holt_winters(a[5m], 0.5, 0.5) + median_over_time(b{c="("}[1d]) / if (d, e[5m])',
    ['a 5m', 'b{c="("} 1d', 'd', 'e 5m'],
  ],
  ['toString(a[5m]) + valueOf (toString(b))', ['a 5m', 'b']],
  ['orders_$slot{release="$release"}', ['orders_$slot{release="$release"}']],
])('the series that %s asks for', (query, found) => {
  expect(selectorsIn(query).map(({ series, range }) => [series, range].filter(Boolean).join(' '))).toEqual(
    found,
  );
  expect(readPromql(query).unread).toBeUndefined();
});

test.each<[string, readonly boolean[]]>([
  ['rate(a[1m]) + avg_over_time(b[1m])', [true, false]],
  ['sum(irate( (a[1m] offset 5m)))', [true]],
  ['rate(a[1m]) / rate_of_all', [true, false]],
  ['predict_linear(a[1m], 60) - max_over_time(a[1m])', [true, false]],
  ['holt_winters(a[1m], 0.5, 0.5) + sum_over_time(b[1m])', [true, false]],
  ['sum_over_time(a{b="rate("}[1m]) + last_over_time(c[1m])', [false, false]],
])('whether a function needs two samples: %s', (query, ofTwo) => {
  expect(selectorsIn(query).map((one) => one.ofTwo === true)).toEqual(ofTwo);
});

test.each([
  ['a[5m', ''],
  ['sum(a', ''],
  ['', ''],
  ['a + ', ''],
  ['a{b="c" or d="e"}', 'or d="e"}'],
  ['a "b"', '"b"'],
  ['foo(a[5m]) b(c) keep_metric_names', 'b(c) keep_metric_names'],
  // What is called where nothing can be called, which Prometheus refuses, too.
  ['a @ time()', 'time()'],
  ['a @ now()', 'now()'],
  ['rate(a[max(5m, step())])', 'max(5m, step())])'],
  ['rate(a[foo(5m)])', 'foo(5m)])'],
  ['sum(foo(a)) by job (x)', 'job (x)'],
  ['a offset now()', 'now()'],
  ['a + f(orders{a="b"})', '(orders{a="b"})'],
])('%j cannot be read from %j on', (query, unread) => {
  expect(readPromql(query).unread).toBe(unread);
});

test('a query of many unknown functions is not read once for each of them', () => {
  const parse = vi.spyOn(parser, 'parse');
  onTestFinished(() => {
    parse.mockRestore();
  });
  const names = Array.from({ length: 150 }, (_, n) => `f${String(n)}(`).join('');
  expect(readPromql(names).unread).toMatch(/^\(f21\(f22\(/);
  expect(readPromql('foo('.repeat(150)).unread).toBe('');
  // Of 20 unknown functions, and of one.
  expect(parse).toHaveBeenCalledTimes(21 + 2);
});

test.each([
  ['a{b="c",d!~"e"}', { metric: 'a', labels: ['b', 'd'] }],
  [' {__name__="a", "b.c"="d"} # e', { metric: '', labels: ['__name__', 'b.c'] }],
  ['{"a.b", c=~`d`}', { metric: 'a.b', labels: ['c'] }],
  ['(a)', undefined],
  ['a offset 5m', undefined],
  ['a{b="c"', undefined],
])('whether %s is one selector', (query, one) => {
  expect(readPromql(query).one).toEqual(one && { series: query.replace(/#.*/, '').trim(), ...one });
});

test.each([
  ['a{b="c"}[5m]', 'a{b="c"}'],
  ['(a[5m] offset -1h) @ end()', 'a'],
  ['rate(a[5m])[1h:1m]', 'rate(a[5m])'],
  ['rate(a[5m])', undefined],
  ['a{b="[5m]"}', undefined],
  ['a + b', undefined],
])('whether %s is a range', (query, of) => {
  expect(readPromql(query).rangeOf).toBe(of);
});

test.each([
  ['max_over_time(a[1h:])', true],
  ['a{b="[1h:1m]"} # [1h:1m]', false],
])('whether %s has a subquery', (query, has) => {
  expect(readPromql(query).hasSubquery).toBe(has);
});
