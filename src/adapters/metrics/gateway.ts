import type { MetricSource } from '../../domain/ports.js';
import type { Slot } from '../../domain/target.js';
import type { Counters } from '../../domain/watching.js';
import { ShipwayError } from '../../errors.js';
import { callGateway } from '../gateway-call.js';

interface Shown {
  readonly epoch: string;
  readonly at: string;
  readonly series: readonly {
    readonly release: string;
    readonly slot: Slot;
    readonly requests: number;
    readonly errors: number;
    readonly buckets: readonly { readonly le: number | null; readonly count: number }[];
  }[];
}

/** The gateway's own counters of what it passed on, by release and slot. Fails with `metrics.unavailable`. */
export function gatewayMetrics({ stateDir }: { readonly stateDir: string }): MetricSource {
  return {
    async sample({ service, environment }, signal) {
      const { status, body } = await callGateway(
        { stateDir, unavailable: 'metrics.unavailable' },
        'GET',
        `/targets/${service}/${environment}/metrics`,
        { signal },
      );
      if (status === 404)
        throw new ShipwayError('metrics.unavailable', 'the gateway does not know the target');
      const { at, epoch, series } = body as Shown;
      return { at: Date.parse(at), counters: series.map((s) => countersOf(s, epoch)) };
    },
  };
}

const countersOf = (
  { release, slot, requests, errors, buckets }: Shown['series'][number],
  epoch: string,
): Counters => ({
  release,
  slot,
  epoch,
  requests,
  errors,
  latency: buckets.map(({ le, count }) => ({
    leMs: typeof le === 'number' ? le : null,
    count,
  })),
});
