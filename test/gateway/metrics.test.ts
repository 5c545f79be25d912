import type { RequestListener } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { Metrics } from '../../src/gateway/metrics.js';
import { ask, Lab, SHOP, splitOf, twoSlots, until, type Counted } from './lab.js';

const lab = new Lab();
afterEach(() => lab.end());

const byPath: RequestListener = (incoming, response) => {
  const path = incoming.url ?? '';
  response.statusCode = Number(/^\/(\d{3})/.exec(path)?.[1] ?? 200);
  setTimeout(() => response.end(), Number(/ms=(\d+)/.exec(path)?.[1] ?? 0));
};

test('requests, errors and times are counted for the release and slot that served them', async () => {
  const admin = await lab.gateway();
  const [blue, green] = [await lab.backend('b', byPath), await lab.backend('g', byPath)];
  const address = await twoSlots(admin, blue.url, green.url);
  const read = (): Promise<Counted> => admin.must<Counted>('GET', `${SHOP}/metrics`);
  const fresh = await read();
  expect(fresh.series.map((s) => [s.release, s.slot, s.requests, s.errors])).toEqual([
    ['sha256:b', 'blue', 0, 0],
    ['sha256:g', 'green', 0, 0],
  ]);
  expect(fresh.series[0]?.buckets.map((b) => b.le)).toEqual([
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    0.75,
    1,
    1.5,
    2,
    3,
    5,
    7.5,
    10,
    null,
  ]);
  for (const path of ['/200', '/404', '/500', '/503', '/200?ms=300']) await ask(address + path);
  await admin.must('PUT', `${SHOP}/split`, splitOf(0));
  for (const path of ['/200', '/599']) await ask(address + path);
  await until(async () => (await read()).series.reduce((n, s) => n + s.requests, 0) === 7);
  const { series, epoch, at } = await read();
  expect(series[0]).toMatchObject({ slot: 'blue', requests: 5, errors: 2 });
  expect(series[1]).toMatchObject({ slot: 'green', requests: 2, errors: 1 });
  const blueTimes = new Map(series[0]?.buckets.map((b) => [b.le, b.count]));
  expect([blueTimes.get(0.25), blueTimes.get(2), blueTimes.get(null)]).toEqual([4, 5, 5]);
  expect(epoch).toBe(fresh.epoch);
  expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(5_000);
  const { text } = await admin.call('GET', '/metrics');
  const labels = 'service="shop",environment="production",release="sha256:b",slot="blue"';
  expect(text).toContain(`shipway_gateway_errors_total{${labels},class="5xx"} 2`);
  expect(text).toContain(`shipway_gateway_errors_total{${labels},class="connection"} 0`);
  expect(text).toContain(`shipway_gateway_request_seconds_bucket{le="2",${labels}} 5`);
  expect(text).toContain(`shipway_gateway_request_seconds_count{${labels}} 5`);
  expect(text).toContain(`shipway_gateway_inflight{${labels}} 0`);
});

test('before the first request every series stands at 0 for Prometheus', async () => {
  const admin = await lab.gateway();
  await twoSlots(admin, 'http://127.0.0.1:1', 'http://127.0.0.1:1');
  const { text } = await admin.call('GET', '/metrics');
  const labels = 'service="shop",environment="production",release="sha256:g",slot="green"';
  expect(text).toContain(`shipway_gateway_request_seconds_count{${labels}} 0`);
  expect(text).toContain(`shipway_gateway_request_seconds_bucket{le="+Inf",${labels}} 0`);
});

test('a slot’s next release counts anew and the former one’s counters stay; a removed target has none', async () => {
  const admin = await lab.gateway();
  const { url } = await lab.backend('b');
  const address = await twoSlots(admin, url, url);
  await ask(address);
  await admin.must('PUT', `${SHOP}/slots/blue`, { release: 'sha256:b2', members: [url] });
  await ask(address);
  await ask(address);
  const counts = async (): Promise<unknown> =>
    (await admin.must<Counted>('GET', `${SHOP}/metrics`)).series
      .filter((s) => s.slot === 'blue')
      .map((s) => [s.release, s.requests]);
  await until(async () => JSON.stringify(await counts()) === '[["sha256:b",1],["sha256:b2",2]]');
  await admin.call('DELETE', SHOP);
  expect((await admin.call('GET', '/metrics')).text).not.toContain('service="shop"');
});

test('a target keeps the counters of its last 20 releases, those in use included', async () => {
  const metrics = new Metrics();
  const target = { service: 'shop', environment: 'production' };
  for (let n = 0; n < 30; n++) {
    metrics.series(target, 'blue', 'r-in-use').begin();
    metrics.series(target, 'green', `r${String(n)}`).begin();
  }
  const kept = (await metrics.sample(target)).map((s) => s.release);
  expect(kept).toEqual([...Array.from({ length: 18 }, (_, n) => `r${String(n + 11)}`), 'r-in-use', 'r29']);
});

test('a request of a split that is over says nothing of whom its successor tells apart', async () => {
  const metrics = new Metrics();
  const target = { service: 'shop', environment: 'production' };
  const series = metrics.series(target, 'blue', 'r');
  metrics.splitBy(target, 'deployment-1');
  metrics.splitBy(target, 'deployment-2');
  series.end('5xx', 1, { salt: 'deployment-2', bucket: 7 });
  series.end('5xx', 1, { salt: 'deployment-1', bucket: 8 });
  series.end('answered', 1, { salt: 'deployment-2', bucket: 7 });
  series.end('aborted', 1, { salt: 'deployment-2', bucket: 9 });
  const [sample] = await metrics.sample(target);
  expect(sample?.atRisk).toEqual({ requests: 1, errors: 1 });
});

test('a request that ends after its series was forgotten leaves no trace that would read as a new series', async () => {
  const metrics = new Metrics();
  const target = { service: 'shop', environment: 'production' };
  const series = metrics.series(target, 'blue', 'r');
  series.begin();
  metrics.forget(target);
  series.end('5xx', 1);
  expect(await metrics.text()).not.toContain('service="shop"');
});
