import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import type { MetricTrigger } from '../../src/domain/watch-plan.js';
import { haproxy, nginx, prometheus, without } from '../e2e/system.js';
import { until } from '../gateway/lab.js';
import type { FaultLab } from './lab.js';
import { servedBy, sharesOf } from './routed.js';
import { routedLab, servedAs, servedFirst, type RoutedLab } from './routed-lab.js';
import { CANARY, HALF, auditIsWhole, service, type Service } from './service.js';

const SERVED = servedAs('haproxy');
const TOGETHER = servedAs('haproxy+nginx');
const OF_ITS_OWN = 'release="$release",slot="$slot"';

describe.skipIf(without(haproxy) || without(prometheus))('on a real HAProxy with a real Prometheus', () => {
  let routed: RoutedLab;
  let lab: FaultLab;
  beforeAll(async () => {
    routed = await routedLab('20s');
    ({ lab } = routed);
  }, 120_000);
  afterAll(() => routed.end());

  const servesAlone = async (shop: Service, version: string, router = 'haproxy'): Promise<void> =>
    servedBy(await routed.reached(shop, router), { lab, shop, version });

  test('a good canary ships by what Prometheus says, and a bad one goes back by it; no user of the good one meets an error', async () => {
    const shop = service(lab, 'shop');
    expect(await shop.ship('v1', servedFirst('haproxy'))).toMatchObject({ outcome: 'shipped' });
    const traffic = await routed.usersOf(shop);
    try {
      expect(await shop.ship('v2', { ...SERVED, strategy: CANARY })).toMatchObject({ outcome: 'shipped' });
      await servesAlone(shop, 'v2');
      const met = traffic.between(0, Date.now());
      expect([...met.keys()].toSorted()).toEqual(['v1', 'v2']);
      expect([...met.values()].reduce((n, { failed }) => n + failed, 0)).toBe(0);

      const badWhile = join(lab.folder, 'bad');
      await writeFile(badWhile, '');
      const strategy = { ...CANARY, stepDurationMs: 60_000 };
      const bad = await shop.ship('v3', { ...SERVED, strategy, badWhile });
      expect(bad).toMatchObject({ outcome: 'rolled_back' });
      expect(bad.reason).toContain('error rate');
      await servesAlone(shop, 'v2');
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
    const watch = { ...SERVED.watch, triggers: { ...SERVED.watch.triggers, metrics: { orders } } };
    expect(await shop.ship('v1', servedFirst('haproxy'))).toMatchObject({ outcome: 'shipped' });
    const traffic = await routed.usersOf(shop);
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
      await servesAlone(shop, 'v2');
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
      const shares = async () =>
        Promise.all((await routed.reached(shop, TOGETHER.router)).map((one) => sharesOf(one, shop)));
      const inCanary = (n: number) =>
        shop.phase(n, (view) => view.timeline.some(({ what }) => what.startsWith('watching canary')));
      expect(await shop.ship('v1', servedFirst(TOGETHER.router))).toMatchObject({ outcome: 'shipped' });
      const [first] = await routed.reached(shop);
      const traffic = await routed.usersOf(shop);
      try {
        const good = await shop.begin('v2', { ...TOGETHER, strategy: { ...CANARY, stepDurationMs: 6_000 } });
        await inCanary(2);
        expect(await shares()).toEqual([HALF, HALF]);
        await routed.nginx?.kill();
        // Longer than the step.
        await new Promise((r) => setTimeout(r, 8_000));
        expect(first && (await sharesOf(first, shop))).toEqual(HALF);
        await routed.nginx?.restart();
        expect(await shop.ended(good)).toMatchObject({ outcome: 'shipped' });
        await servesAlone(shop, 'v2', TOGETHER.router);

        const badWhile = join(lab.folder, 'bad-of-two');
        const strategy = { ...CANARY, stepDurationMs: 60_000 };
        const bad = await shop.begin('v3', { ...TOGETHER, strategy, badWhile });
        await inCanary(3);
        await routed.nginx?.kill();
        await writeFile(badWhile, '');
        await until(async () => (await first?.says('two'))?.shares['green'] === FULL, 60_000, 50);
        expect((await shop.instances()).map((i) => i.version).toSorted()).toEqual(['v2', 'v3']);
        await routed.nginx?.restart();
        expect(await shop.ended(bad)).toMatchObject({ outcome: 'rolled_back' });
        await servesAlone(shop, 'v2', TOGETHER.router);
      } finally {
        await traffic.stop();
      }
    },
    240_000,
  );

  test('the audit of all that', () => auditIsWhole(lab));
});
