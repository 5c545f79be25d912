import { expect, onTestFinished, test, vi } from 'vitest';
import { refuseQueries } from '../../activities/refuse-queries.js';
import { refuseWindows } from '../../activities/refuse-windows.js';
import type { Resolution } from '../../src/domain/metric-source.js';
import type { MetricSource } from '../../src/domain/ports.js';
import type { Triggers } from '../../src/domain/watch-plan.js';
import { TARGET, never } from '../../src/testing/world.js';

const sample = () => Promise.reject(new Error('unused'));
const knowing = (...all: readonly Resolution[]): MetricSource => ({
  sample,
  resolution: () => Promise.resolve(all),
});
const every = (ms: number, query?: string): Resolution => ({
  ...(query === undefined ? {} : { query }),
  ...{ leastMs: ms, mostMs: ms, why: 'so it is' },
});
const between = (leastMs: number, mostMs: number): Resolution => ({ leastMs, mostMs, why: 'who knows' });
const errorRate = { threshold: 500, windowMs: 30_000, minRequests: 20 };
const responseTime = { p95ThresholdMs: 2_000, windowMs: 60_000, minRequests: 20 };
const metrics = { orders: { query: 'orders', min: 1, windowMs: 14_999 } };
const health = { healthCheckFailures: { threshold: 3, windowMs: 1 }, cpu: { threshold: 1, windowMs: 1 } };

test.each<[number, Triggers, string]>([
  [
    60_000,
    { errorRate, responseTime },
    'triggers.error_rate: its window is 30s, and the metric source knows nothing new for 1m at a time (so it is): a window',
  ],
  [
    90_000,
    { responseTime },
    'triggers.response_time: its window is 1m, and the metric source knows nothing new for 90s',
  ],
  [15_000, { errorRate, metrics }, 'triggers.metrics.orders: its window is 14999ms, and'],
])('a source that looks every %d ms takes no shorter window', async (ms, triggers, message) => {
  await expect(refuseWindows(knowing(every(ms)), TARGET, { triggers }, never)).rejects.toMatchObject({
    type: 'config.invalid',
    message: expect.stringContaining(message) as string,
  });
});

const queries = { requests: 'r', errors: 'e', latency: 'l' };
test.each<[string, readonly Resolution[], Triggers, string | undefined]>([
  ['its own query’s', [every(15_000, 'orders'), every(5_000)], { metrics }, 'triggers.metrics.orders'],
  ['its own query’s', [every(10_000, 'orders'), every(60_000)], { metrics }, undefined],
  ['the slowest of all counters', [every(1, 'r'), every(60_000, 'l')], { errorRate }, 'triggers.error_rate'],
  ['what is known of counters', [every(30_000, 'r'), every(60_000)], { errorRate }, undefined],
  ['all, where none is known', [every(1, 'orders'), every(60_000)], { errorRate }, 'triggers.error_rate'],
])('a window is held against %s', async (_, known, triggers, refused) => {
  const judged = refuseWindows(knowing(...known), TARGET, { triggers, queries }, never);
  if (refused === undefined) expect(await judged).toBeUndefined();
  else await expect(judged).rejects.toThrow(refused);
});

test('each query is asked for once, and nothing where no window is', async () => {
  const asked: unknown[] = [];
  const resolution: MetricSource['resolution'] = (_, of) => {
    asked.push(of);
    return Promise.resolve([every(1)]);
  };
  const source = { sample, resolution };
  await refuseWindows(source, TARGET, { triggers: { errorRate, responseTime, metrics }, queries }, never);
  await refuseWindows(source, TARGET, { triggers: health, queries }, never);
  expect(asked).toEqual([['r', 'e', 'l', 'orders']]);
});

const all = { errorRate, responseTime, metrics, ...health };
const away = { sample, resolution: () => Promise.reject(new Error('away')) };
const NAMES = 'triggers.error_rate, triggers.response_time, triggers.metrics.orders';
const unchecked = (names: string, why: string): string =>
  `not checked that the window of ${names} is as long as the metric source takes to know something new: ${why}`;
test.each<[string, MetricSource, Triggers, string | undefined]>([
  [
    'is as long passes, also of what another is asked',
    knowing(every(30_000)),
    { errorRate, responseTime, ...health },
    undefined,
  ],
  ['its source has at each look', { sample }, all, undefined],
  ['is as long as it may take passes', knowing(between(1, 30_000)), { errorRate, responseTime }, undefined],
  [
    'may be too short is said',
    knowing(between(5_000, 60_000)),
    { errorRate, responseTime },
    unchecked('triggers.error_rate', 'from 5s to 1m: who knows'),
  ],
  ['the source does not say is said', knowing(), all, unchecked(NAMES, 'it does not say')],
  [
    'it does not say of all is said of that',
    knowing(every(1, 'orders')),
    all,
    unchecked('triggers.error_rate, triggers.response_time', 'it does not say'),
  ],
  ['a source that is away cannot say is said', away, all, unchecked(NAMES, 'away')],
])('what %s', async (_, source, triggers, said) => {
  expect(await refuseWindows(source, TARGET, { triggers }, never)).toBe(said);
});

test('a source that hangs, and heeds no signal, holds no deployment up', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const hangs = () => new Promise<never>(() => undefined);
  const source = { sample, resolution: hangs, query: hangs };
  const of = { ...TARGET, release: 'c'.repeat(64), slot: 'green' } as const;
  const passed = Promise.all([
    refuseWindows(source, TARGET, { triggers: { errorRate } }, never),
    refuseQueries(source, of, metrics, never),
  ]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect((await passed)[0]).toBe(unchecked('triggers.error_rate', 'no answer within 10s'));
});
