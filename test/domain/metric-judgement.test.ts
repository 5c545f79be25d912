import { describe, expect, test } from 'vitest';
import { apart, metricBreachesAfter, stateOf } from '../../src/domain/metric-breach.js';
import { judgeMetrics, limitText } from '../../src/domain/metric-judgement.js';
import type { BesideStable, MetricTrigger } from '../../src/domain/watch-plan.js';
import type { Observation, Reading } from '../../src/domain/watching.js';
import { seen } from '../support/watching.js';

const orders = (more: Partial<MetricTrigger> = {}): MetricTrigger => ({
  ...{ query: 'orders', windowMs: 60_000 },
  ...(more.beside === undefined && more.max === undefined ? { min: 10 } : {}),
  ...more,
});
const beside = (direction: BesideStable['direction'], tolerance = 2_000): BesideStable => ({
  direction,
  tolerance,
});
const away = { kind: 'unavailable', reason: 'refused' } as const;

describe('what a look says of a metric', () => {
  test.each<[string, MetricTrigger, Reading | undefined]>([
    ['good', orders(), { value: 10 }],
    ['bad', orders(), { value: 9.99 }],
    ['good', orders({ max: 10 }), { value: 10 }],
    ['bad', orders({ max: 10 }), { value: 10.01 }],
    ['bad', orders({ min: -2, max: -1 }), { value: 0 }],
    ['unknown', orders(), { value: null, missing: away }],
    ['unknown', orders(), undefined],
    ['good', orders({ beside: beside('increase') }), { value: 100 }],
    ['good', orders({ beside: beside('increase') }), { value: 100, stable: 100 }],
    ['unknown', orders({ beside: beside('increase') }), { value: 100, stable: null, missing: away }],
    ['bad', orders({ min: 200, beside: beside('increase') }), { value: 100, stable: null, missing: away }],
    ['unknown', orders({ min: 1, beside: beside('increase') }), { value: 100, stable: null, missing: away }],
  ])('%s: %j %j', (state, trigger, reading) => {
    expect(stateOf(trigger, reading)).toBe(state);
  });

  test.each<[BesideStable['direction'], number, number, string]>([
    ['increase', 120, 100, 'good'],
    ['increase', 121, 100, 'bad'],
    ['increase', 1, 100, 'good'],
    ['decrease', 80, 100, 'good'],
    ['decrease', 79, 100, 'bad'],
    ['decrease', 900, 100, 'good'],
    ['either', 121, 100, 'bad'],
    ['either', 79, 100, 'bad'],
    ['either', 100, 100, 'good'],
    // Of a negative value, too, a part of its size.
    ['decrease', -121, -100, 'bad'],
    ['increase', -81, -100, 'good'],
    ['increase', -79, -100, 'bad'],
    ['increase', 0, 0, 'good'],
    ['decrease', 1, 0, 'good'],
    ['increase', 1e-9, 0, 'unknown'],
    ['either', -1, 0, 'unknown'],
    ['increase', 1e308, -1e308, 'bad'],
  ])('%s: %d beside %d is %s', (direction, value, stable, state) => {
    expect(apart(beside(direction), value, stable)).toBe(state);
  });
});

describe('the four verdicts', () => {
  /** A look every 10 s; the last one is judged. */
  function verdictAfter(trigger: MetricTrigger, readings: readonly (Reading | undefined)[]) {
    const metrics = { orders: trigger };
    const looks = readings.map((reading, i): Observation => ({
      ...seen(i * 10_000),
      ...(reading === undefined ? {} : { metrics: { orders: reading } }),
    }));
    let breaches: ReturnType<typeof metricBreachesAfter>;
    for (const look of looks) breaches = metricBreachesAfter(metrics, breaches, look);
    return judgeMetrics(metrics, looks.at(-1), breaches)[0]?.verdict;
  }
  const times = (n: number, value: number | null, more: Partial<Reading> = {}): Reading[] =>
    Array.from({ length: n }, () => ({ value, ...(value === null ? { missing: away } : {}), ...more }));

  test.each<[string, string, MetricTrigger, readonly (Reading | undefined)[]]>([
    ['pass', 'good from the first look on', orders(), times(1, 10)],
    ['inconclusive', 'bad at the first look', orders(), times(1, 9)],
    ['inconclusive', 'bad, and not for a whole window', orders(), times(6, 9)],
    ['fail', 'bad at every look of the window', orders(), times(7, 9)],
    ['pass', 'one bad look', orders(), [...times(5, 10), ...times(1, 9), ...times(1, 10)]],
    [
      'inconclusive',
      'one good look within the window',
      orders(),
      [...times(4, 9), ...times(1, 10), ...times(6, 9)],
    ],
    ['fail', 'one good look before the window', orders(), [...times(4, 9), ...times(1, 10), ...times(7, 9)]],
    ['pass', 'a breach that ends', orders(), [...times(9, 9), ...times(1, 11)]],
    ['unavailable', 'no value now', orders(), [...times(9, 10), ...times(1, null)]],
    ['unavailable', 'no value now, and bad before', orders(), [...times(6, 9), ...times(3, null)]],
    [
      'fail',
      'some looks without a value between',
      orders(),
      [...times(3, 9), ...times(3, null), ...times(1, 9)],
    ],
    [
      'inconclusive',
      'most looks without a value',
      orders(),
      [...times(2, 9), ...times(4, null), ...times(1, 9)],
    ],
    [
      'inconclusive',
      'a whole window without a value',
      orders(),
      [...times(6, 9), ...times(6, null), ...times(6, 9)],
    ],
    ['unavailable', 'a look that did not ask', orders(), [...times(2, 9), undefined]],
    ['inconclusive', 'both bad', orders(), times(9, 9, { stable: 8 })],
    [
      'fail',
      'stable has one bad look',
      orders(),
      [...times(8, 9, { stable: 10 }), ...times(1, 9, { stable: 8 })],
    ],
    [
      'inconclusive',
      'both bad, and stable is well first',
      orders(),
      [...times(8, 9, { stable: 8 }), ...times(1, 9, { stable: 10 })],
    ],
    [
      'inconclusive',
      'both bad, and stable has no value now',
      orders(),
      [...times(8, 9, { stable: 8 }), ...times(1, 9, { stable: null })],
    ],
    [
      'fail',
      'stable was bad, and has been well for more than half of the window',
      orders(),
      [...times(8, 9, { stable: 8 }), ...times(4, 9, { stable: 10 })],
    ],
    [
      'fail',
      'stable was bad for less than half of the window',
      orders(),
      [...times(5, 9, { stable: 10 }), ...times(3, 9, { stable: 8 })],
    ],
    ['fail', 'nobody says how stable does', orders(), times(9, 9, { stable: null })],
    [
      'fail',
      'both bad, and the candidate is worse than it may be',
      orders({ min: 10, beside: beside('decrease') }),
      times(9, 1, { stable: 8 }),
    ],
    ['fail', 'apart from stable', orders({ beside: beside('decrease') }), times(9, 79, { stable: 100 })],
    ['pass', 'like stable', orders({ beside: beside('decrease') }), times(9, 80, { stable: 100 })],
    ['inconclusive', 'stable is at 0', orders({ beside: beside('increase') }), times(9, 5, { stable: 0 })],
    [
      'unavailable',
      'stable did not answer',
      orders({ beside: beside('increase') }),
      times(9, 5, { stable: null, missing: away }),
    ],
    [
      'fail',
      'bad by itself, then beside stable',
      orders({ min: 10, beside: beside('decrease') }),
      [...times(4, 9, { stable: 9 }), ...times(4, 50, { stable: 100 })],
    ],
  ])('%s: %s', (kind, _, trigger, readings) => {
    expect(verdictAfter(trigger, readings)?.kind).toBe(kind);
  });

  test('beside stable alone it says nothing while stable is not asked', () => {
    expect(verdictAfter(orders({ beside: beside('increase') }), [undefined])).toBeUndefined();
  });

  test('say what was seen, the limits, and since when', () => {
    const trigger = orders({ min: 10, max: 20, beside: beside('either') });
    expect(verdictAfter(trigger, times(4, 9.123456789, { stable: 12 }))).toEqual({
      kind: 'inconclusive',
      reason:
        'orders 9.12346 (limit 10 to 20, at most 20 % from stable’s, stable 12): for 30 s until now, and only 1m are a breach',
    });
    expect(verdictAfter(orders(), times(7, 9))?.reason).toBe(
      'orders 9 (limit at least 10), at every look of 1m',
    );
    expect(verdictAfter(orders(), [...times(2, 9), ...times(4, null), ...times(1, 9)])?.reason).toBe(
      'orders 9 (limit at least 10): at 3 of 7 looks, which are too few with a value',
    );
    expect(verdictAfter(orders(), times(1, 9.99999999))?.reason).toMatch(/^orders 9.99999999 \(/);
    expect(verdictAfter(orders(), times(1, 10.00000001))?.reason).toMatch(/^orders 10 \(/);
    expect(verdictAfter(orders(), times(1, null))?.reason).toBe(
      'orders no value (limit at least 10): refused',
    );
  });

  test('numbers are kept beside the words', () => {
    const metrics = { orders: orders(), constructor: orders({ max: 1 }) };
    const look = { ...seen(0), metrics: { orders: { value: 12.5, stable: 11 } } };
    expect(
      judgeMetrics(metrics, look, undefined).map(({ trigger, value, measured }) => [
        trigger,
        value,
        measured,
      ]),
    ).toEqual([
      ['metric:orders', '12.5', { of: 1, value: 12.5, stable: 11 }],
      ['metric:constructor', 'no value', { of: 0 }],
    ]);
  });
});

test.each<[Partial<MetricTrigger>, string]>([
  [{ min: 1, max: 2.5 }, '1 to 2.5'],
  [{ max: -1 }, 'at most -1'],
  [{ beside: beside('increase', 50) }, 'at most 0.5 % above stable’s'],
  [{ min: 0, beside: beside('decrease') }, 'at least 0, at most 20 % below stable’s'],
])('the limits %j in words: %s', (more, text) => {
  expect(limitText(more)).toBe(text);
});
