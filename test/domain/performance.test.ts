import { describe, expect, test } from 'vitest';
import { judgePerformance, measured, type LoadSample } from '../../src/domain/performance.js';
import type { PerformanceThresholds } from '../../src/domain/plan.js';

/** 100 requests a second for 2 s, of which the first is warm-up. */
const PLAN = { rate: 100, warmUpMs: 1_000, durationMs: 1_000 };
const LIMITS: PerformanceThresholds = { errorRate: 100, p95Ms: 50 };
const sent = (of: (i: number) => Partial<LoadSample> = () => ({}), n = 200): readonly LoadSample[] =>
  Array.from({ length: n }, (_, i) => ({ at: i * 10, ms: 5, code: 200, ...of(i) }));
const judged = (samples: readonly LoadSample[], limits = LIMITS) =>
  judgePerformance(measured(samples, PLAN), PLAN, limits);

describe('what was measured', () => {
  test('is what came after the warm-up', () => {
    const cold = sent((i) => (i < 100 ? { ms: 5_000, code: 500 } : {}));
    expect(measured(cold, PLAN)).toEqual({
      ...{ planned: 100, sent: 100, errors: 0 },
      latency: { p50: 5, p95: 5, p99: 5 },
      service: { p50: 5, p95: 5, p99: 5 },
      late: { p50: 0, p95: 0, p99: 0 },
    });
  });

  test('counts from when a request was to leave, not from when it left', () => {
    // Half a second in which none leaves; then those that are due leave at once.
    const stalled = sent((i) => (i >= 120 && i < 170 ? { at: 1_700 } : {}));
    const { latency, service, late } = measured(stalled, PLAN);
    expect(service.p99).toBe(5);
    expect(late.p99).toBeGreaterThan(450);
    expect(latency.p95).toBeGreaterThan(400);
  });

  test('a begin that is late does not make the others early', () => {
    const { late } = measured(
      sent((i) => (i === 0 ? { at: 8 } : {})),
      PLAN,
    );
    expect(late).toEqual({ p50: 0, p95: 0, p99: 0 });
  });

  test('quantiles are values that were seen', () => {
    expect(
      measured(
        sent((i) => ({ ms: i - 99 })),
        PLAN,
      ).service,
    ).toEqual({ p50: 50, p95: 95, p99: 99 });
  });
});

const each = (n: number, more: Partial<LoadSample>) => (i: number) => (i % n === 0 ? more : {});
test.each([
  [
    'all well',
    sent(),
    'pass',
    /^100 requests at 100\/s: errors 0 % \(at most 1 %\), p50 5 ms, p95 5 ms \(at most 50 ms\), p99 5 ms$/,
  ],
  ['as many errors as there may be', sent(each(100, { code: 404 })), 'pass', /errors 1 % \(at most 1 %\)/],
  ['too many that say no', sent(each(50, { code: 404 })), 'fail', /errors 2 % \(more than 1 %\)/],
  ['too many that break', sent(each(50, { code: 503 })), 'fail', /errors 2 %/],
  ['too many without an answer', sent(each(50, { code: 0 })), 'fail', /errors 2 %/],
  ['a redirection, which is an answer', sent(() => ({ code: 302 })), 'pass', /errors 0 %/],
  ['just in time', sent(() => ({ ms: 50 })), 'pass', /p95 50 ms \(at most/],
  ['a little slow', sent(each(10, { ms: 50.1 })), 'fail', /p95 50\.1 ms \(more than 50 ms\)/],
  [
    'too few sent',
    sent(undefined, 190),
    'inconclusive',
    /^only 90 of 100 requests could be sent; 90 requests/,
  ],
  ['none sent', [], 'inconclusive', /^only 0 of 100 requests could be sent/],
  [
    'sent late',
    sent((i) => (i >= 150 ? { at: i * 10 + 300 } : {})),
    'inconclusive',
    /^1 of 100 requests left 300 ms late or more/,
  ],
  [
    'too few sent, and what was sent too slow',
    sent(() => ({ ms: 90 }), 150),
    'fail',
    /p95 90 ms \(more than/,
  ],
  [
    'a little late, which the server has to bear',
    sent((i) => (i >= 150 ? { at: i * 10 + 60 } : {})),
    'fail',
    /p95 65 ms \(more than/,
  ],
] as const)('%s: %s', (_, samples, verdict, summary) => {
  const is = judged(samples);
  expect(is.verdict).toBe(verdict);
  expect(is.summary).toMatch(summary);
});

test('each quantile has a threshold of its own', () => {
  const slow = sent((i) => (i >= 198 ? { ms: 900 } : { ms: 20 }));
  for (const [limits, verdict] of [
    [{ ...LIMITS, p50Ms: 20, p99Ms: 900 }, 'pass'],
    [{ ...LIMITS, p50Ms: 19 }, 'fail'],
    [{ ...LIMITS, p99Ms: 899 }, 'fail'],
  ] as const)
    expect(judged(slow, limits).verdict).toBe(verdict);
});
