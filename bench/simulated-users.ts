import { BUCKETS, slotOfBucket } from '../src/domain/buckets.js';
import { FULL, type Share } from '../src/domain/plan.js';
import type { Probed } from '../src/domain/probed.js';
import type { Counters, Observation } from '../src/domain/watching.js';
import { AtRisk } from '../src/gateway/at-risk.js';

export const CANDIDATE = { release: 'c'.repeat(64), slot: 'green' } as const;
export const STABLE = { release: 'b'.repeat(64), slot: 'blue' } as const;
const TARGET = { service: 'shop', environment: 'production' } as const;

export interface Simulation {
  readonly random: () => number;
  /** Requests between two looks, of all users together. */
  readonly perLook: number;
  readonly share: (look: number) => Share;
  /** How often each of the two fails. */
  readonly rate: { readonly candidate: Rate; readonly stable: Rate };
  /**
   * `independent`: every request is another user's. `clustered`: a few users come again and again, many requests at once, and for some of
   * them everything fails: as large a part of the users as the rate says, the rest of them never.
   */
  readonly users: 'independent' | 'clustered';
  /** How often a request of each of the two is slow, and a probe of one of its instances fails. Absent: never, and stable is not probed. */
  readonly strain?: Simulation['rate'];
  /** Every request counts, as if each were another user's. */
  readonly untold?: true;
}

/** Of its n-th request, before a look. */
export type Rate = (n: number, look: number) => number;

/** Users who send requests by way of a split; what is counted of them is counted as the gateway counts. */
export interface Users {
  /** Until the next look, and what that sees. */
  readonly look: () => Observation;
  /** How many requests the candidate has had. */
  readonly sent: () => number;
}

const USERS = 2_000;
const MOST_AT_ONCE = 15;
const EVERY_MS = 10_000;
const SLOW_MS = 1_000;
const INSTANCES = { candidate: 1, stable: 3 } as const;

export function simulatedUsers(simulation: Simulation): Users {
  const { random, perLook, share, rate, strain, untold = false } = simulation;
  const atRisk = new AtRisk();
  atRisk.begin(TARGET, 'd');
  const visitor = visitorOf(simulation);
  const counted = { green: counts(), blue: counts() };
  let [look, at, left] = [0, 0, 0];
  let who = visitor();
  const send = (shares: ReadonlyMap<'green' | 'blue', Share>): void => {
    if (left === 0) [who, left] = [visitor(), who.requests];
    left -= 1;
    const slot = slotOfBucket(shares, CANDIDATE.slot, who.bucket) ?? STABLE.slot;
    const of = counted[slot];
    const side = slot === CANDIDATE.slot ? 'candidate' : 'stable';
    const chance = rate[side](of.requests, look);
    if (strain !== undefined && random() < strain[side](of.requests, look)) of.slow += 1;
    const failed = (who.luck ?? random()) < chance;
    of.requests += 1;
    if (failed) of.errors += 1;
    if (!untold && !atRisk.counts(TARGET, { salt: 'd', bucket: who.bucket }, failed)) return;
    of.atRisk += 1;
    if (failed) of.firsts += 1;
  };
  return {
    sent: () => counted.green.requests,
    look: () => {
      const shares = new Map([
        ['green', share(look)],
        ['blue', FULL - share(look)],
      ] as const);
      // The first look is at what stands there before the first request.
      if (look > 0) for (let i = 0; i < perLook; i++) send(shares);
      [look, at] = [look + 1, at + EVERY_MS];
      const counters = [countersOf(CANDIDATE, counted.green), countersOf(STABLE, counted.blue)];
      return { at, counters, ...healthOf(simulation, look) };
    },
  };
}

function healthOf(
  { random, strain }: Simulation,
  look: number,
): Pick<Observation, 'health' | 'stableHealth'> {
  if (strain === undefined) return { health: { probes: INSTANCES.candidate, failures: 0 } };
  const of = (side: keyof typeof INSTANCES): Probed => {
    const probes = INSTANCES[side];
    const failed = Array.from({ length: probes }, (_, n) => random() < strain[side](n, look));
    return { probes, failures: failed.filter(Boolean).length };
  };
  return { health: of('candidate'), stableHealth: of('stable') };
}

interface Visitor {
  readonly bucket: number;
  /** Sent one after the other. */
  readonly requests: number;
  /** Below the rate everything fails for them; absent: each request by itself. */
  readonly luck?: number;
}

function visitorOf({ random, users }: Simulation): () => Visitor {
  const below = (n: number): number => Math.floor(random() * n);
  if (users === 'independent') return () => ({ bucket: below(BUCKETS), requests: 1 });
  const known = Array.from({ length: USERS }, () => ({ bucket: below(BUCKETS), luck: random() }));
  return () => {
    const { bucket = 0, luck = 1 } = known[below(USERS)] ?? {};
    return { bucket, luck, requests: 1 + below(MOST_AT_ONCE) };
  };
}

const counts = () => ({ requests: 0, errors: 0, slow: 0, atRisk: 0, firsts: 0 });

const countersOf = (
  who: typeof CANDIDATE | typeof STABLE,
  { requests, errors, slow, atRisk, firsts }: ReturnType<typeof counts>,
): Counters => ({
  ...who,
  ...{ epoch: 'e', requests, errors },
  latency: [
    { leMs: SLOW_MS, count: requests - slow },
    { leMs: null, count: requests },
  ],
  atRisk: { requests: atRisk, errors: firsts },
});
