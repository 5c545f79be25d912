import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTraffic } from '../../src/cli/demo/traffic.js';
import { FULL } from '../../src/domain/plan.js';
import type { WatchPlan } from '../../src/domain/watch-plan.js';
import { TEMPLATES } from '../../src/domain/queries.js';
import { haproxy, prometheus, without } from '../e2e/system.js';
import { haproxyProcess, type HaproxyProcess } from '../support/haproxy-process.js';
import { haproxyScrapes } from '../../src/dev/haproxy.js';
import { prometheusProcess, type PrometheusProcess } from '../support/prometheus-process.js';
import { faultLab, type FaultLab } from './lab.js';
import { CANARY, ERRORS, service } from './service.js';

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

describe.skipIf(without(haproxy) || without(prometheus))('on a real HAProxy with a real Prometheus', () => {
  let router: HaproxyProcess;
  let source: PrometheusProcess;
  let lab: FaultLab;
  beforeAll(async () => {
    router = await haproxyProcess();
    source = await prometheusProcess(haproxyScrapes(router));
    lab = await faultLab({
      staging: `, haproxy: { folder: ${router.folder}, socket: ${router.socket} }, prometheus: { url: '${source.url}', stale_after: 20s }`,
    });
    await lab.killGateway();
  }, 120_000);
  afterAll(async () => {
    await lab.end();
    await Promise.all([router.end(), source.end()]);
  });

  test('a good canary ships by what Prometheus says, and a bad one goes back by it; no user of the good one meets an error', async () => {
    const shop = service(lab, 'shop');
    const first = await shop.ship('v1', {
      ...SERVED,
      watch: { ...WATCH, onInconclusive: 'continue', onUnavailable: 'continue' },
    });
    expect(first).toMatchObject({ outcome: 'shipped' });
    const ref = { service: 'shop', environment: 'staging' };
    const seen = () => router.router.observe(ref, AbortSignal.timeout(5_000));
    const traffic = startTraffic({
      address: (await seen())?.address ?? '',
      paths: ['/'],
      rate: 60,
      versionHeader: 'x-version',
    });
    try {
      expect(await shop.ship('v2', { ...SERVED, strategy: CANARY })).toMatchObject({ outcome: 'shipped' });
      expect((await seen())?.shares).toEqual({ green: FULL });
      const met = traffic.between(0, Date.now());
      expect([...met.keys()].toSorted()).toEqual(['v1', 'v2']);
      expect([...met.values()].reduce((n, { failed }) => n + failed, 0)).toBe(0);

      const badWhile = join(lab.folder, 'bad');
      await writeFile(badWhile, '');
      const strategy = { ...CANARY, stepDurationMs: 60_000 };
      const bad = await shop.ship('v3', { ...SERVED, strategy, badWhile });
      expect(bad).toMatchObject({ outcome: 'rolled_back' });
      expect(bad.reason).toContain('error rate');
      expect(await seen()).toMatchObject({
        shares: { green: FULL },
        members: { green: [expect.any(String)] },
      });
      expect((await shop.instances()).map((i) => i.version)).toEqual(['v2']);
    } finally {
      await traffic.stop();
    }
  }, 240_000);
});
