import { expect, onTestFinished, test, vi } from 'vitest';
import { refuseQueries } from '../../activities/refuse-queries.js';
import { refuseWindows } from '../../activities/refuse-windows.js';
import type { MetricSource } from '../../src/domain/ports.js';
import type { Triggers } from '../../src/domain/watch-plan.js';
import { TARGET, never } from '../../src/testing/world.js';
import { sourceOf } from '../support/prometheus-answers.js';

const sample = () => Promise.reject(new Error('unused'));
const knowing = (ms: number | undefined): MetricSource => ({ sample, resolution: () => Promise.resolve(ms) });
const errorRate = { threshold: 500, windowMs: 30_000, minRequests: 20 };
const responseTime = { p95ThresholdMs: 2_000, windowMs: 60_000, minRequests: 20 };
const metrics = { orders: { query: 'orders', min: 1, windowMs: 14_999 } };
const health = { healthCheckFailures: { threshold: 3, windowMs: 1 }, cpu: { threshold: 1, windowMs: 1 } };

test.each<[number, Triggers, string]>([
  [
    60_000,
    { errorRate, responseTime },
    'triggers.error_rate: its window is 30s, and the metric source knows nothing new for 1m',
  ],
  [
    90_000,
    { responseTime },
    'triggers.response_time: its window is 1m, and the metric source knows nothing new for 90s',
  ],
  [15_000, { errorRate, metrics }, 'triggers.metrics.orders: its window is 14999ms, and'],
])('a source that looks every %d ms takes no shorter window', async (ms, triggers, message) => {
  await expect(refuseWindows(knowing(ms), TARGET, triggers, never)).rejects.toMatchObject({
    type: 'config.invalid',
    message: expect.stringContaining(message) as string,
  });
});

test('what is as long passes, and what another asks, and all where a source does not say', async () => {
  const all = { errorRate, responseTime, metrics, ...health };
  await refuseWindows(knowing(30_000), TARGET, { errorRate, responseTime, ...health }, never);
  const away = { sample, resolution: () => Promise.reject(new Error('away')) };
  for (const source of [knowing(undefined), { sample }, away])
    await refuseWindows(source, TARGET, all, never);
});

test('a source that hangs, and heeds no signal, holds no deployment up', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const hangs = () => new Promise<never>(() => undefined);
  const source = { sample, resolution: hangs, query: hangs };
  const of = { ...TARGET, release: 'c'.repeat(64), slot: 'green' } as const;
  const passed = Promise.all([
    refuseWindows(source, TARGET, { errorRate }, never),
    refuseQueries(source, of, metrics, never),
  ]);
  await vi.advanceTimersByTimeAsync(10_000);
  await passed;
});

test('a Prometheus with more targets than are to be read for one number cannot say', async () => {
  const target = JSON.stringify({ discoveredLabels: { a: 'x'.repeat(1_000) }, scrapeInterval: '15s' });
  const body = `{"data":{"activeTargets":[${Array.from({ length: 5_000 }, () => target).join()}]}}`;
  const source = await sourceOf((_, res) => void res.end(body));
  await expect(source.resolution?.(TARGET, never)).rejects.toMatchObject({
    type: 'metrics.unavailable',
    message: expect.stringContaining('the answer is too large') as string,
  });
});

test.each<[string, number | undefined]>([
  ['{"data":{"activeTargets":[{"scrapeInterval":"1m30s"},{"scrapeInterval":"15s"},{},null]}}', 15_000],
  ['{"data":{"activeTargets":[{"scrapeInterval":"500ms"}]}}', 500],
  ['{"data":{"activeTargets":[]}}', undefined],
  ['{"data":{"activeTargets":{"scrapeInterval":"1s"}}}', undefined],
  ['no page of that name', undefined],
])('of %s Prometheus scrapes at most every %s ms', async (body, ms) => {
  const asked: unknown[] = [];
  const source = await sourceOf((_, res, { url, headers }) => {
    asked.push([url, headers.authorization]);
    res.end(body);
  });
  expect(await source.resolution?.(TARGET, never)).toBe(ms);
  expect(asked).toEqual([['/api/v1/targets?state=active', 'Bearer t']]);
});
