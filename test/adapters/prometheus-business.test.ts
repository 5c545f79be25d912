import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { EffectDeps } from '../../activities/deps.js';
import { watch } from '../../activities/watch.js';
import { prometheusMetrics } from '../../src/adapters/metrics/prometheus.js';
import type { MetricTrigger } from '../../src/domain/watch-plan.js';
import { freePort } from '../../src/free-port.js';
import { TARGET, never } from '../../src/testing/world.js';
import { prometheus, without } from '../e2e/system.js';
import { activityOf } from '../support/activity.js';
import { eventually } from '../support/eventually.js';
import { exporterAt } from '../support/exporter.js';
import { fakeWorld } from '../support/fake-world.js';
import { memoryStore } from '../support/memory-store.js';
import { requestFor } from '../support/plans.js';
import { prometheusProcess, type PrometheusProcess } from '../support/prometheus-process.js';
import { CANDIDATE, STABLE, WATCH_PLAN, watchInput } from '../support/watching.js';

const STALE_MS = 1_000;
const [ours, theirs] = [CANDIDATE, STABLE].map(
  ({ release, slot }) => `service="shop",release="${release}",slot="${slot}"`,
);
const ORDERS = `orders{${ours ?? ''}}`;
const QUERY = 'orders{service="$service",release="$release"}';
/** How long ago, in the text form: with an instant of its own a series stays for as long as Prometheus looks back. */
const aged = (ms: number): string => `3 ${String(Date.now() - ms)}`;
const MINUTE = 60_000;

describe.skipIf(without(prometheus))('business metrics on a real Prometheus', () => {
  let server: PrometheusProcess;
  let exporter: Awaited<ReturnType<typeof exporterAt>>;
  const source = prometheusMetrics(() => Promise.resolve({ url: server.url, staleAfterMs: STALE_MS }));
  const ask = (query: string) => source.query?.(TARGET, query, { at: Date.now() }, never);
  /** What ends while the others go on. */
  let mortal: Awaited<ReturnType<typeof exporterAt>>;
  /** What is scraped every 2 s. */
  let slow: Awaited<ReturnType<typeof exporterAt>>;
  /** What Prometheus itself says, however old it is. */
  const raw = async (query: string): Promise<string> =>
    (await fetch(`${server.url}/api/v1/query?query=${encodeURIComponent(query)}`)).text();

  beforeAll(async () => {
    const ports = { shop: await freePort(), mortal: await freePort(), slow: await freePort() };
    [exporter, mortal] = [await exporterAt(ports.shop), await exporterAt(ports.mortal)];
    slow = await exporterAt(ports.slow);
    slow.lines.set('seldom{service="shop",release="other",slot="blue"}', 1);
    const scrapes = Object.entries(ports).map(
      ([job, port]) =>
        `  - { job_name: ${job}, scrape_interval: ${job === 'slow' ? '2s' : '200ms'}, static_configs: [{ targets: ['127.0.0.1:${String(port)}'] }] }\n`,
    );
    server = await prometheusProcess(scrapes.join(''), ['--query.lookback-delta=20m']);
    // It looks for what to scrape only then.
    await eventually(async () => ((await raw('count(up == 1)')).includes('"3"') ? true : undefined), 20_000);
  }, 30_000);
  afterAll(async () => {
    for (const one of [exporter, mortal, slow]) one.end();
    await server.end();
  });
  const becomes = (query: string, value: number | undefined) =>
    eventually(async () => (Object.is(await ask(query), value) ? true : undefined), 5_000);
  beforeEach(async () => {
    exporter.lines.clear();
    for (const [labels, value] of [
      [ours, 5],
      [theirs, 8],
    ] as const) {
      exporter.lines.set(`orders{${labels ?? ''}}`, value);
      exporter.lines.set(`requests_total{${labels ?? ''},code="200"}`, 100);
      exporter.lines.set(`seconds_bucket{${labels ?? ''},le="+Inf"}`, 100);
    }
    await becomes(ORDERS, 5);
  });

  test.each<[string, number | undefined]>([
    [ORDERS, 5],
    ['sum(orders)', 13],
    [`sum by (slot) (${ORDERS}) / on(slot) group_left sum by (slot) (orders)`, 1],
    ['rate(requests_total{slot="green"}[5s])', 0],
    ['sum({__name__=~"orders|requests_total"})', 213],
    ['count(orders offset 1s) # of a second ago', 2],
    ['nothing', undefined],
    ['sum(rate(nothing_total[5m]))', undefined],
    ['sum(nothing) or vector(7)', 7],
    [`(${ORDERS} - 5) / 0`, NaN],
    [`-${ORDERS} / 0`, -Infinity],
  ])('%s is %s', async (query, value) => {
    await becomes(query, value);
  });

  test.each<[query: string, type: string, message: RegExp]>([
    ['orders', 'metrics.unavailable', /these are 2 series/],
    [
      'orders + on(slot) requests_total + on() orders',
      'metrics.unavailable',
      /answered 422: found duplicate/,
    ],
    ['1', 'config.invalid', /gives scalar/],
    ['scalar(sum(orders))', 'config.invalid', /^scalar\(sum\(orders\)\): it gives scalar/],
    ['"orders"', 'metrics.unavailable', /"orders": Prometheus answered/],
    ['orders[5m] offset 1m', 'config.invalid', /gives matrix/],
    ['sum(orders', 'config.invalid', /unclosed left parenthesis/],
  ])('%s is %s', async (query, type, message) => {
    await expect(ask(query)).rejects.toMatchObject({
      type,
      message: expect.stringMatching(message) as string,
    });
  });

  test('it says how often it scrapes what a query has series of, of whatever release', async () => {
    const queries = [
      QUERY,
      'sum by (release) (seldom{service="$service",release="$release",slot=~"$slot"})',
      'sum(rate(seldom[5m])) / sum(orders)',
      'nothing or vector(0)',
    ];
    const [often, seldom, both] = queries.map((query) => query.slice(0, 60));
    const says = (query: string, ms: number, why: string) => ({ query, leastMs: ms, mostMs: ms, why });
    expect(await source.resolution?.(TARGET, queries, never)).toEqual([
      says(queries[0] ?? '', 200, `${often ?? ''} comes from the job shop`),
      says(queries[1] ?? '', 2_000, `${seldom ?? ''}… comes from the job slow`),
      says(queries[2] ?? '', 200, `${both ?? ''} comes from the job shop`),
      { leastMs: 200, mostMs: 2_000, why: expect.stringContaining('not known') as string },
    ]);
  });

  test('what is no longer scraped says nothing, also where Prometheus goes on working it out', async () => {
    exporter.lines.set('sold_total', 1);
    await becomes('rate(sold_total[2m])', 0);
    exporter.lines.delete('sold_total');
    await becomes('rate(sold_total[2m])', undefined);
    expect(await raw('rate(sold_total[2m])')).toContain('"value"');
    for (const [name, ms] of [
      ['aged', MINUTE / 2],
      ['older', 7 * MINUTE],
    ] as const) {
      exporter.lines.set(name, aged(ms));
      await eventually(async () => ((await raw(name)).includes('"3"') ? true : undefined), 5_000);
      expect(await ask(name)).toBeUndefined();
      expect(await ask(`${name} or vector(1)`)).toBeUndefined();
    }
  });

  test('an exporter that has ended is no 0, at no time after, and says nothing of a step that begins then', async () => {
    let refunds = 0;
    mortal.lines.set('long_gone', aged(25 * MINUTE));
    const counting = setInterval(() => mortal.lines.set('refunds_total', (refunds += 10)), 50);
    const patient = prometheusMetrics(() => Promise.resolve({ url: server.url, staleAfterMs: 2_000 }));
    const queries = [
      ...['sum(rate(refunds_total[1s])) or vector(0)', 'sum(rate(refunds_total[4s])) or vector(0)'],
      'sum(refunds_total) or vector(0)',
    ];
    const all = () =>
      Promise.all(queries.map(async (query) => patient.query?.(TARGET, query, { at: Date.now() }, never)));
    const isGood = (value: number | undefined): boolean => value !== undefined && value > 0;
    await eventually(async () => ((await all()).every(isGood) ? true : undefined), 10_000);
    // What a target that is scraped does not show is not there, however long.
    expect(await ask('long_gone or vector(0)')).toBe(0);
    clearInterval(counting);
    mortal.end();
    const ended = Date.now();
    await sleep(500);
    const since = (from: number) =>
      patient.query?.(TARGET, 'sum(rate(refunds_total[4s]))', { at: ended + 500, since: from }, never);
    expect(await since(ended - 1_000)).toBeGreaterThan(0);
    expect(await since(ended + 250)).toBeUndefined();
    const until = ended + 6_000;
    while (Date.now() < until) {
      expect(await all()).not.toContain(0);
      await sleep(100);
    }
    expect(await all()).toEqual([undefined, undefined, undefined]);
    expect(await ask('long_gone or vector(0)')).toBeUndefined();
  }, 25_000);

  /** Watches it until it is found bad or the time is over, with real instants. */
  async function watched(orders: Partial<MetricTrigger>, forMs: number, meanwhile: () => Promise<void>) {
    const world = fakeWorld();
    onTestFinished(world.close);
    const { release, plan, ...of } = requestFor('shop', 'production', 'v2', 'r');
    await world.provider.ensure(of, CANDIDATE.slot, release, plan.configuration, never);
    const store = memoryStore();
    const deps: EffectDeps = { provider: world.provider, router: world.router, store, metrics: source };
    const queries = {
      requests: 'requests_total{service="$service"}',
      errors: 'requests_total{service="$service",code=~"5.."}',
      latency: 'seconds_bucket{service="$service"}',
    };
    const triggers = { metrics: { orders: { query: QUERY, windowMs: 1_500, ...orders } } };
    const from = Date.now();
    const result = activityOf('d').run(
      watch(deps),
      watchInput({
        ...{ from, until: from + forMs, share: 5_000 },
        plan: { ...WATCH_PLAN, intervalMs: 200, stepTimeoutMs: 0, queries, triggers },
      }),
    );
    await meanwhile();
    const samples = async () => (await store.samples.list('')).filter((s) => s.trigger === 'metric:orders');
    return {
      verdict: (await result).verdict,
      ms: Date.now() - from,
      verdicts: (await samples()).map((s) => s.verdict),
    };
  }
  const fall = async (): Promise<void> => {
    await sleep(500);
    exporter.lines.set(ORDERS, 1);
  };

  test.each<[string, Partial<MetricTrigger>, RegExp]>([
    ['its limits', { min: 3 }, /orders 1 \(limit at least 3, stable 8\), at every look of 1500ms/],
    [
      'stable',
      { beside: { direction: 'decrease', tolerance: 5_000 } },
      /orders 1 \(limit at most 50 % below stable’s, stable 8\)/,
    ],
  ])('a release whose metric leaves %s is bad after a whole window', async (_, orders, reason) => {
    const { verdict, ms } = await watched(orders, 60_000, fall);
    expect(verdict).toMatchObject({ kind: 'fail', reason: expect.stringMatching(reason) as string });
    expect(ms).toBeGreaterThan(1_900);
    expect(ms).toBeLessThan(20_000);
  });

  test('one whose metric comes back within the window goes on', async () => {
    const { verdict, verdicts } = await watched({ min: 3 }, 4_000, async () => {
      await fall();
      await sleep(700);
      exporter.lines.set(ORDERS, 5);
    });
    expect(verdict).toMatchObject({ kind: 'pass', reason: 'orders 5 (limit at least 3, stable 8)' });
    const bad = verdicts.filter(({ reason }) => reason.startsWith('orders 1 '));
    expect(new Set(bad.map(({ kind }) => kind))).toEqual(new Set(['inconclusive']));
  });
});
