import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import { prometheusMetrics } from '../../src/adapters/metrics/prometheus.js';
import { TEMPLATES } from '../../src/domain/queries.js';
import type { MetricSource } from '../../src/domain/ports.js';
import type { Queries } from '../../src/domain/watch-plan.js';
import type { Observation } from '../../src/domain/watching.js';
import { freePort } from '../../src/free-port.js';
import { metricsChecks } from '../../src/testing/metrics.js';
import { BLUE, GREEN, type MetricsHarness } from '../../src/testing/world.js';
import { contract, type Ending } from '../contracts/contract.js';
import { nginx, prometheus, without } from '../e2e/system.js';
import { gatewayProcess } from '../support/gateway-process.js';
import { nginxProcess } from '../support/nginx-process.js';
import { prometheusProcess, type PrometheusProcess } from '../support/prometheus-process.js';

const TOKEN = 't'.repeat(40);
const STALE_MS = 1_000;
/** Longer than a scrape takes to be there. */
const PATIENCE_MS = 4_000;

describe.skipIf(without(prometheus))('on a real Prometheus (left out where there is none outside CI)', () => {
  let server: PrometheusProcess;
  let admin: number;
  let ofNginx: number;
  beforeAll(async () => {
    [admin, ofNginx] = await Promise.all([freePort(), freePort()]);
    server = await prometheusProcess(
      `  - { job_name: gateway, authorization: { credentials: '${TOKEN}' }, static_configs: [{ targets: ['127.0.0.1:${String(admin)}'] }] }\n  - { job_name: nginx, static_configs: [{ targets: ['127.0.0.1:${String(ofNginx)}'] }] }\n`,
    );
    // It looks for what to scrape only now.
    await sleep(5_500);
  }, 20_000);
  afterAll(() => server.end());

  /** As a watch asks: on from what was said before, and when what happened until now has been scraped. */
  function watching(source: MetricSource, queries: Queries): MetricSource {
    const seen: Observation[] = [];
    const of = [
      { release: BLUE, slot: 'blue' as const },
      { release: GREEN, slot: 'green' as const },
    ];
    const fresh: MetricSource['sample'] = async (target, signal) => {
      for (const from = Date.now(); ; await sleep(50)) {
        try {
          const found = await source.sample(target, signal, { queries, of, seen });
          if (found.at > from) return found;
        } catch (error) {
          if (signal.aborted || Date.now() > from + PATIENCE_MS) throw error;
        }
      }
    };
    return {
      sample: async (target, signal) => {
        const found = await fresh(target, signal);
        seen.push({ ...found, health: { probes: 0, failures: 0 } });
        return found;
      },
    };
  }

  async function harness(): Promise<MetricsHarness & Ending> {
    const gateway = await gatewayProcess({ adminPort: admin, token: TOKEN });
    return { ...gateway, metrics: watching(source(), TEMPLATES.gateway) };
  }
  const source = (): MetricSource =>
    prometheusMetrics(() => Promise.resolve({ url: server.url, staleAfterMs: STALE_MS }));
  contract('prometheus: metric source', metricsChecks, harness);

  describe.skipIf(without(nginx))('of what nginx counts', () => {
    contract('prometheus: metric source', metricsChecks, async () => ({
      ...(await nginxProcess(ofNginx)),
      metrics: watching(source(), TEMPLATES.nginx),
    }));
  });
});
