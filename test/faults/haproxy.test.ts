import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTraffic } from '../../src/cli/demo/traffic.js';
import { FULL } from '../../src/domain/plan.js';
import type { MetricTrigger, WatchPlan } from '../../src/domain/watch-plan.js';
import { TEMPLATES, templateOf } from '../../src/domain/queries.js';
import { haproxy, nginx, prometheus, without } from '../e2e/system.js';
import { haproxyProcess, type HaproxyProcess } from '../support/haproxy-process.js';
import { haproxyScrapes } from '../../src/dev/haproxy.js';
import { nginxProcess, type NginxProcess } from '../support/nginx-process.js';
import { prometheusProcess, type PrometheusProcess } from '../support/prometheus-process.js';
import { faultLab, type FaultLab } from './lab.js';
import { CANARY, ERRORS, HALF, auditIsWhole, service } from './service.js';

const latency = 'http_request_seconds_bucket{service="$service",environment="$environment"}';
/** Errors as HAProxy has counted them, response times as the service has: no gateway is asked for anything. */
const WATCH: WatchPlan = {
  ...ERRORS,
  queries: { ...TEMPLATES.haproxy, latency },
  triggers: {
    ...ERRORS.triggers,
    responseTime: { p95ThresholdMs: 1_000, windowMs: 20_000, minRequests: 20 },
  },
};
const SERVED = { router: 'haproxy', metrics: 'prometheus', watch: WATCH } as const;
const TOGETHER = {
  ...{ router: 'haproxy+nginx', metrics: 'prometheus' },
  watch: { ...WATCH, queries: { ...TEMPLATES.haproxy, ...templateOf('haproxy+nginx'), latency } },
} as const;

const OF_ITS_OWN = 'release="$release",slot="$slot"';
const DOUBT = { onInconclusive: 'continue', onUnavailable: 'continue' } as const;

describe.skipIf(without(haproxy) || without(prometheus))('on a real HAProxy with a real Prometheus', () => {
  let router: HaproxyProcess;
  let other: NginxProcess | undefined;
  let source: PrometheusProcess;
  let lab: FaultLab;
  beforeAll(async () => {
    [router, other] = await Promise.all([haproxyProcess(), without(nginx) ? undefined : nginxProcess()]);
    const [scrapes, place] =
      other === undefined
        ? ['', '']
        : [
            `  - { job_name: nginx, static_configs: [{ targets: ['127.0.0.1:${String(other.port)}'] }] }\n`,
            `, nginx: { folder: ${other.folder}, port: ${String(other.port)}, command: ${JSON.stringify(other.command)} }`,
          ];
    source = await prometheusProcess(haproxyScrapes(router) + scrapes);
    lab = await faultLab({
      staging: `, haproxy: { folder: ${router.folder}, socket: ${router.socket} }, prometheus: { url: '${source.url}', stale_after: 20s }${place}`,
    });
    await lab.killGateway();
  }, 120_000);
  afterAll(async () => {
    await lab.end();
    await Promise.all([router.end(), other?.end(), source.end()]);
  });

  const seen = (name: string) =>
    router.router.observe({ service: name, environment: 'staging' }, AbortSignal.timeout(5_000));
  const first = { ...SERVED, watch: { ...WATCH, ...DOUBT } } as const;
  const usersOf = async (name: string): Promise<ReturnType<typeof startTraffic>> =>
    startTraffic({
      address: (await seen(name))?.address ?? '',
      paths: ['/'],
      rate: 60,
      versionHeader: 'x-version',
    });

  test('a good canary ships by what Prometheus says, and a bad one goes back by it; no user of the good one meets an error', async () => {
    const shop = service(lab, 'shop');
    expect(await shop.ship('v1', first)).toMatchObject({ outcome: 'shipped' });
    const traffic = await usersOf('shop');
    try {
      expect(await shop.ship('v2', { ...SERVED, strategy: CANARY })).toMatchObject({ outcome: 'shipped' });
      expect((await seen('shop'))?.shares).toEqual({ green: FULL });
      const met = traffic.between(0, Date.now());
      expect([...met.keys()].toSorted()).toEqual(['v1', 'v2']);
      expect([...met.values()].reduce((n, { failed }) => n + failed, 0)).toBe(0);

      const badWhile = join(lab.folder, 'bad');
      await writeFile(badWhile, '');
      const strategy = { ...CANARY, stepDurationMs: 60_000 };
      const bad = await shop.ship('v3', { ...SERVED, strategy, badWhile });
      expect(bad).toMatchObject({ outcome: 'rolled_back' });
      expect(bad.reason).toContain('error rate');
      expect(await seen('shop')).toMatchObject({
        shares: { green: FULL },
        members: { green: [expect.any(String)] },
      });
      expect((await shop.instances()).map((i) => i.version)).toEqual(['v2']);
    } finally {
      await traffic.stop();
    }
  }, 240_000);

  test('a canary that answers well and loses orders goes back by a business metric, and one that loses none ships', async () => {
    const shop = service(lab, 'sold');
    const of = (series: string): string => `sum(rate(${series.replace('}', `,${OF_ITS_OWN}}`)}[3s]))`;
    const orders: MetricTrigger = {
      query: `${of('orders_total{service="sold"}')} / ${of('http_request_seconds_bucket{service="sold",le="+Inf"}')}`,
      ...{ min: 0.2, beside: { direction: 'decrease', tolerance: 2_000 }, windowMs: 1_500 },
    };
    const watch = { ...WATCH, triggers: { ...WATCH.triggers, metrics: { orders } } };
    expect(await shop.ship('v1', first)).toMatchObject({ outcome: 'shipped' });
    const traffic = await usersOf('sold');
    try {
      const good = await shop.ship('v2', { ...SERVED, watch, strategy: CANARY });
      expect(good, good.reason).toMatchObject({ outcome: 'shipped' });
      const lost = join(lab.folder, 'no-orders');
      await writeFile(lost, '');
      const bad = await shop.ship('v3', {
        ...{ ...SERVED, watch, variables: { NO_ORDERS_WHILE: lost } },
        strategy: { ...CANARY, stepDurationMs: 60_000 },
      });
      expect(bad).toMatchObject({ outcome: 'rolled_back' });
      expect(bad.reason).toMatch(
        /^orders 0 \(limit at least 0.2, at most 20 % below stable’s, stable 1\), at every look of 1500ms/,
      );
      expect((await seen('sold'))?.shares).toEqual({ green: FULL });
      const met = [...traffic.between(0, Date.now()).values()];
      expect(met.reduce((n, { failed }) => n + failed, 0)).toBe(0);
    } finally {
      await traffic.stop();
    }
  }, 240_000);

  test.skipIf(without(nginx))(
    'together with nginx, which is killed amid a canary: no step is taken without it, a way back is, and it follows',
    async () => {
      const shop = service(lab, 'two');
      const shares = () =>
        Promise.all(
          [router, other].map(
            async (one) =>
              (
                await one?.router.observe(
                  { service: 'two', environment: 'staging' },
                  AbortSignal.timeout(5_000),
                )
              )?.shares,
          ),
        );
      const inCanary = (n: number) =>
        shop.phase(n, (view) => view.timeline.some(({ what }) => what.startsWith('watching canary')));
      expect(await shop.ship('v1', { ...TOGETHER, watch: { ...TOGETHER.watch, ...DOUBT } })).toMatchObject({
        outcome: 'shipped',
      });
      const traffic = await usersOf('two');
      try {
        const good = await shop.begin('v2', { ...TOGETHER, strategy: { ...CANARY, stepDurationMs: 3_000 } });
        await inCanary(2);
        expect(await shares()).toEqual([HALF, HALF]);
        await other?.kill();
        // Longer than the step.
        await new Promise((r) => setTimeout(r, 5_000));
        expect((await seen('two'))?.shares).toEqual(HALF);
        await other?.restart();
        expect(await shop.ended(good)).toMatchObject({ outcome: 'shipped' });
        expect(await shares()).toEqual([{ green: FULL }, { green: FULL }]);

        const badWhile = join(lab.folder, 'bad-of-two');
        const strategy = { ...CANARY, stepDurationMs: 60_000 };
        const bad = await shop.begin('v3', { ...TOGETHER, strategy, badWhile });
        await inCanary(3);
        await other?.kill();
        await writeFile(badWhile, '');
        while ((await seen('two'))?.shares['blue'] !== 0) await new Promise((r) => setTimeout(r, 50));
        expect((await shop.instances()).map((i) => i.version).toSorted()).toEqual(['v2', 'v3']);
        await other?.restart();
        expect(await shop.ended(bad)).toMatchObject({ outcome: 'rolled_back' });
        expect(await shares()).toEqual([{ green: FULL }, { green: FULL }]);
        expect((await shop.instances()).map((i) => i.version)).toEqual(['v2']);
      } finally {
        await traffic.stop();
      }
    },
    240_000,
  );

  test('reloaded by others, killed and started again, and not seen by Prometheus for a while, amid a canary: its users keep their shares, and it ships', async () => {
    const shop = service(lab, 'rough');
    expect(await shop.ship('v1', first)).toMatchObject({ outcome: 'shipped' });
    const traffic = await usersOf('rough');
    try {
      const run = await shop.begin('v2', { ...SERVED, strategy: { ...CANARY, stepDurationMs: 6_000 } });
      await shop.phase(2, (view) => view.timeline.some(({ what }) => what.startsWith('watching canary')));
      await router.reload();
      expect((await seen('rough'))?.shares).toEqual(HALF);
      await router.restart();
      expect((await seen('rough'))?.shares).toEqual(HALF);
      await source.silent(3_000);
      expect(await shop.ended(run)).toMatchObject({ outcome: 'shipped' });
      expect(await seen('rough')).toMatchObject({
        shares: { green: FULL },
        members: { green: [expect.any(String)] },
      });
      expect((await shop.instances()).map((i) => i.version)).toEqual(['v2']);
      expect(await shop.starts()).toEqual({ v1: 1, v2: 1 });
    } finally {
      await traffic.stop();
    }
    await auditIsWhole(lab);
  }, 240_000);
});
