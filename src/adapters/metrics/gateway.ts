import type { MetricSource } from '../../domain/ports.js';
import type { Slot } from '../../domain/target.js';
import type { Counters } from '../../domain/watching.js';
import { ShipwayError } from '../../errors.js';
import { callGateway, type GatewayAt } from '../gateway-call.js';

interface Shown {
  readonly epoch: string;
  readonly at: string;
  readonly series: readonly {
    readonly release: string;
    readonly slot: Slot;
    readonly requests: number;
    readonly errors: number;
    readonly aborted: number;
    /** Absent: a gateway of before, which goes on until it is started anew. */
    readonly atRisk?: { readonly requests: number; readonly errors: number };
    readonly buckets: readonly { readonly le: number | null; readonly count: number }[];
  }[];
}

/** The gateway's own counters of what it passed on, by release and slot. Fails with `metrics.unavailable`. */
export function gatewayMetrics({ stateDir }: { readonly stateDir: string }): MetricSource {
  const at: GatewayAt = { stateDir, unavailable: 'metrics.unavailable', refused: 'metrics.unavailable' };
  return {
    async sample({ service, environment }, signal) {
      const path = `/targets/${service}/${environment}/metrics`;
      const shown = await callGateway(at, { method: 'GET', path }, signal);
      if (shown === undefined)
        throw new ShipwayError(
          'metrics.unavailable',
          `the gateway does not know ${service} in ${environment}`,
        );
      const { at: scraped, epoch, series } = shown as Shown;
      return { at: Date.parse(scraped), counters: series.map((s) => countersOf(s, epoch)) };
    },
  };
}

/**
 * The gateway's bounds are seconds, as Prometheus wants them. A request whose user gave up says neither that the release is well nor
 * that it is not: a release that hangs must not pass by it.
 */
const countersOf = (
  { release, slot, requests, errors, aborted, atRisk, buckets }: Shown['series'][number],
  epoch: string,
): Counters => ({
  release,
  slot,
  epoch,
  requests: requests - aborted,
  errors,
  latency: buckets.map(({ le, count }) => ({
    leMs: le === null ? null : Math.round(le * 1_000),
    count,
  })),
  ...(atRisk === undefined ? {} : { atRisk }),
});
