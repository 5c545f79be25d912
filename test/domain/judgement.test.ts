import { describe, expect, test } from 'vitest';
import { judge, verdictOf } from '../../src/domain/judgement.js';
import type { Observation } from '../../src/domain/watching.js';
import { quantileBound, windowOf } from '../../src/domain/window.js';
import { CANDIDATE, STABLE, WATCH_PLAN, counters, seen } from '../support/watching.js';

const verdict = (observations: readonly Observation[], stable: typeof STABLE | undefined = STABLE) =>
  verdictOf(judge(WATCH_PLAN, observations, CANDIDATE, stable));
const start = seen(0, counters(CANDIDATE, 0), counters(STABLE, 0));

const away = (at: number, failures = 0): Observation => ({
  ...seen(at, counters(CANDIDATE, at), counters(STABLE, at)),
  health: { probes: failures, failures, unavailable: 'no such host' },
});

test('more requests would decide it only where there are too few', () => {
  const few = seen(60_000, counters(CANDIDATE, 19, 19), counters(STABLE, 1000, 0));
  expect(verdict([start, few]).lacks).toBe('requests');
  const bothBad = seen(60_000, counters(CANDIDATE, 1000, 500), counters(STABLE, 1000, 500));
  expect(verdict([start, bothBad])).not.toHaveProperty('lacks');
  expect(verdict([start, away(60_000)])).not.toHaveProperty('lacks');
});

describe('the four verdicts', () => {
  test.each([
    ['pass', 'few errors', seen(60_000, counters(CANDIDATE, 1000, 10), counters(STABLE, 1000, 0))],
    ['pass', 'exactly at the limit', seen(60_000, counters(CANDIDATE, 1000, 50), counters(STABLE, 1000, 0))],
    ['fail', 'just above the limit', seen(60_000, counters(CANDIDATE, 1000, 51), counters(STABLE, 1000, 0))],
    [
      'inconclusive',
      'too few requests, all bad',
      seen(60_000, counters(CANDIDATE, 19, 19), counters(STABLE, 1000, 0)),
    ],
    ['inconclusive', 'no request at all', seen(60_000, counters(CANDIDATE, 0), counters(STABLE, 1000, 0))],
    ['inconclusive', 'both bad', seen(60_000, counters(CANDIDATE, 1000, 500), counters(STABLE, 1000, 500))],
    [
      'fail',
      'stable bad but with too few requests to tell',
      seen(60_000, counters(CANDIDATE, 1000, 500), counters(STABLE, 10, 10)),
    ],
    ['fail', 'a slow tail', seen(60_000, counters(CANDIDATE, 1000, 0, 60), counters(STABLE, 1000, 0))],
    [
      'pass',
      'a tail below the quantile',
      seen(60_000, counters(CANDIDATE, 1000, 0, 50), counters(STABLE, 1000, 0)),
    ],
    [
      'inconclusive',
      'requests that nobody took the time of',
      seen(
        60_000,
        { ...counters(CANDIDATE, 1000), latency: counters(CANDIDATE, 0).latency },
        counters(STABLE, 1000),
      ),
    ],
    ['unavailable', 'a silent provider, and too few probes before', away(60_000)],
    [
      'fail',
      'a part of the users, who meet errors',
      {
        ...seen(60_000, counters(CANDIDATE, 1000, 51), counters(STABLE, 1000)),
        unavailable: 'one is silent',
      },
    ],
    [
      'unavailable',
      'a part of the users, who meet none',
      { ...seen(60_000, counters(CANDIDATE, 1000), counters(STABLE, 1000)), unavailable: 'one is silent' },
    ],
    [
      'unavailable',
      'a silent source',
      { at: 60_000, unavailable: 'connection refused', health: { probes: 2, failures: 0 } },
    ],
  ])('%s: %s', (kind, _name, now) => {
    expect(verdict([start, now]).kind).toBe(kind);
  });

  test('a silent provider is unavailable while good probes are in the window, and no more once it answers', () => {
    const good = seen(10_000, counters(CANDIDATE, 10_000), counters(STABLE, 10_000));
    expect(verdict([start, good, away(20_000)])).toMatchObject({
      kind: 'unavailable',
      reason: 'health checks could not be made: no such host',
    });
    const again = seen(30_000, counters(CANDIDATE, 30_000), counters(STABLE, 30_000));
    expect(verdict([start, good, away(20_000), again]).kind).toBe('pass');
    expect(verdict([start, away(10_000, 3)]).kind).toBe('fail');
  });

  test('health checks fail it although the source is silent', () => {
    const dead = (at: number): Observation => ({
      at,
      unavailable: 'gone',
      health: { probes: 1, failures: 1, note: 'ECONNREFUSED' },
    });
    expect(verdict([dead(0), dead(10_000)]).kind).toBe('unavailable');
    expect(verdict([dead(0), dead(10_000), dead(20_000)])).toEqual({
      kind: 'fail',
      reason: 'health checks failed 3 of 3 (limit 3): ECONNREFUSED',
    });
  });
  test('failed health checks outside their window are forgotten', () => {
    const dead = (at: number): Observation => ({
      ...seen(at, counters(CANDIDATE, at)),
      health: { probes: 1, failures: 1 },
    });
    expect(verdict([dead(0), dead(10_000), seen(200_000, counters(CANDIDATE, 200_000))]).kind).toBe('pass');
  });
  test('without stable the thresholds alone decide', () => {
    expect(verdict([start, seen(60_000, counters(CANDIDATE, 100, 50))], undefined).kind).toBe('fail');
  });
  test('nothing observed is unavailable, never a pass', () => {
    expect(verdict([]).kind).toBe('unavailable');
  });
});

describe('a window', () => {
  test('counts only what lies inside it', () => {
    const rows = [
      start,
      seen(100_000, counters(CANDIDATE, 500, 100)),
      seen(500_000, counters(CANDIDATE, 600, 100)),
    ];
    expect(windowOf(rows, 300_000, CANDIDATE)).toMatchObject({ requests: 100, errors: 0 });
    expect(windowOf(rows, 600_000, CANDIDATE)).toMatchObject({ requests: 600, errors: 100 });
  });
  test('survives a counter reset without inventing or losing what was counted', () => {
    const rows = [
      start,
      seen(10_000, counters(CANDIDATE, 500, 10)),
      seen(20_000, counters(CANDIDATE, 30, 2, 0, 'e2')),
      seen(30_000, counters(CANDIDATE, 40, 3, 0, 'e2')),
    ];
    expect(windowOf(rows, 300_000, CANDIDATE)).toMatchObject({ requests: 540, errors: 13 });
  });
  test('a counter that fell within an epoch is a reset too', () => {
    const rows = [seen(0, counters(CANDIDATE, 500)), seen(10_000, counters(CANDIDATE, 20))];
    expect(windowOf(rows, 300_000, CANDIDATE).requests).toBe(20);
  });
  test('bridges a gap in which the source was silent', () => {
    const silent: Observation = { at: 10_000, unavailable: 'gone', health: { probes: 0, failures: 0 } };
    expect(
      windowOf([start, silent, seen(20_000, counters(CANDIDATE, 300, 5))], 300_000, CANDIDATE),
    ).toMatchObject({ requests: 300, errors: 5 });
  });
  test('a release in another slot is somebody else', () => {
    const rows = [
      start,
      seen(10_000, counters({ ...CANDIDATE, slot: 'blue' } as unknown as typeof STABLE, 900, 900)),
    ];
    expect(windowOf(rows, 300_000, CANDIDATE).requests).toBe(0);
  });
});

test('a quantile is an upper bound out of the buckets, or not known', () => {
  const of = (...counts: number[]) => ({
    requests: counts.at(-1) ?? 0,
    errors: 0,
    latency: counts.map((count, i) => ({ leMs: [100, 500, 2000, null][i] ?? null, count })),
  });
  expect(quantileBound(of(95, 100, 100, 100), 0.95)).toBe(100);
  expect(quantileBound(of(94, 100, 100, 100), 0.95)).toBe(500);
  expect(quantileBound(of(0, 0, 94, 100), 0.95)).toBeUndefined();
  expect(quantileBound(of(0, 0, 0, 0), 0.95)).toBeUndefined();
});
