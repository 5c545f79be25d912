import type { WatchPlan } from '../../src/domain/watch-plan.js';
import type { Counters, Observation, Sample, WatchBeat, WatchInput } from '../../src/domain/watching.js';
import type { WatchWorld } from '../../src/domain/watch-loop.js';

export const CANDIDATE = { release: 'c'.repeat(64), slot: 'green' } as const;
export const STABLE = { release: 'b'.repeat(64), slot: 'blue' } as const;
const BOUNDS = [100, 500, 2000, null] as const;

export const WATCH_PLAN: WatchPlan = {
  intervalMs: 10_000,
  triggers: {
    errorRate: { threshold: 500, windowMs: 300_000, minRequests: 20 },
    responseTime: { p95ThresholdMs: 2000, windowMs: 300_000, minRequests: 20 },
    healthCheckFailures: { threshold: 3, windowMs: 120_000 },
  },
  onInconclusive: 'hold',
  onUnavailable: 'hold',
  stepTimeoutMs: 1_800_000,
};

/** Counters with `slow` of the requests in the unbounded bucket and the rest under 100 ms. */
export function counters(
  who: typeof CANDIDATE | typeof STABLE,
  requests: number,
  errors = 0,
  slow = 0,
  epoch = 'e1',
): Counters {
  const latency = BOUNDS.map((leMs) => ({ leMs, count: leMs === null ? requests : requests - slow }));
  return { ...who, epoch, requests, errors, latency };
}

/** Counters of which those at risk are known as well. */
export const atRisk = (of: Counters, requests = of.requests, errors = of.errors): Counters => ({
  ...of,
  atRisk: { requests, errors },
});

export const seen = (at: number, ...of: Counters[]): Observation => ({
  at,
  counters: of,
  health: { probes: 2, failures: 0 },
});

export const watchInput = (more: Partial<WatchInput> = {}): WatchInput => ({
  service: 'shop',
  environment: 'production',
  deployment: 'deployment/shop/production/1',
  phase: 'bake',
  candidate: CANDIDATE,
  stable: STABLE,
  plan: WATCH_PLAN,
  liveness: { path: '/health', timeoutMs: 1000 },
  from: 0,
  until: 3_600_000,
  evidence: { observations: [] },
  ...more,
});

/** A world on a simulated clock: sleeping takes no time, and `look` says what is there at an instant. */
export function simulated(look: (at: number) => Observation, interruptAt = Infinity) {
  let now = 0;
  const samples: Sample[] = [];
  const beats: WatchBeat[] = [];
  const world: WatchWorld = {
    now: () => now,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    interrupted: () => now >= interruptAt,
    observe: () => Promise.resolve(look(now)),
    keep: (more) => {
      samples.push(...more);
      return Promise.resolve();
    },
    beat: (evidence) => {
      beats.push(evidence);
    },
  };
  return { world, samples, beats, now: () => now };
}
