import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTraffic, type Traffic } from '../src/cli/demo/traffic.js';
import { apiClient } from '../src/client/api.js';
import { deploymentId, type TargetRef } from '../src/domain/ids.js';
import { FULL } from '../src/domain/plan.js';
import type { WatchPlan } from '../src/domain/watch-plan.js';
import { startFleet, until, type Fleet } from './fleet.js';
import { COMPARISON, ERROR_RATE } from './judged.js';
import { ms, quantile, type Row } from './measure.js';
import { deploymentOf, shippingPlan } from './plans.js';

const ROUNDS = 20;
const HOUR_MS = 3_600_000;
const GOOD_MS = 10_000;
const SHOP: TargetRef = { service: 'shop', environment: 'production' };
/** Of all users together, and of the candidate between two looks. */
const RATE = 400;
const SHARE = 500;
const PER_LOOK = (RATE * SHARE) / FULL;
const WATCH: WatchPlan = {
  ...{ intervalMs: 1_000, onInconclusive: 'hold', onUnavailable: 'hold', stepTimeoutMs: HOUR_MS },
  triggers: { errorRate: ERROR_RATE, comparison: COMPARISON },
};
const STRATEGY = { kind: 'canary', steps: [SHARE, FULL], stepDurationMs: HOUR_MS } as const;

/** What one candidate did that failed 20 % of its requests. */
interface Breach {
  /** Its requests from there until none came any more. */
  readonly requests: number;
  /** From the counters that found it bad until no user was sent to it. */
  readonly offMs: number;
  readonly tookMs: number;
}

/** Real candidates with 5 % of the users that fail 20 % of their requests: half of them from the start, half of them later. */
export async function breach(): Promise<readonly Row[]> {
  const fleet = await startFleet();
  try {
    await fleet.worker();
    await fleet.begin(shippingPlan(SHOP, 'v1', fleet.commit, deploymentOf(fleet.folder)));
    await fleet.seen(SHOP, 1, ({ outcome }) => outcome === 'shipped');
    const { address, shares } = await fleet.routed(SHOP);
    const live = shares.blue === FULL ? 'blue' : 'green';
    const traffic = startTraffic({ address, paths: ['/'], rate: RATE, versionHeader: 'x-version' });
    const found: Breach[] = [];
    for (let n = 2; n < ROUNDS + 2; n++) found.push(await once(fleet, traffic, live, n));
    await traffic.stop();
    return rowsOf(found);
  } finally {
    await fleet.stop();
  }
}

async function once(fleet: Fleet, traffic: Traffic, live: 'blue' | 'green', n: number): Promise<Breach> {
  const [version, bad] = [`v${String(n)}`, join(fleet.folder, `bad-${String(n)}`)];
  const atStart = n % 2 === 0;
  if (atStart) await writeFile(bad, '0.2');
  const deployment = deploymentOf(fleet.folder, { strategy: STRATEGY, watch: WATCH }, { BAD_WHILE: bad });
  await fleet.begin(shippingPlan(SHOP, version, fleet.commit, deployment));
  const share = async (): Promise<number> => (await fleet.routed(SHOP)).shares[live] ?? 0;
  await until(async () => ((await share()) < FULL ? true : undefined), `users of ${version}`, 10);
  if (!atStart) {
    await new Promise((resolve) => setTimeout(resolve, GOOD_MS));
    await writeFile(bad, '0.2');
  }
  const from = Date.now();
  const off = await until(
    async () => ((await share()) === FULL ? Date.now() : undefined),
    'the way back',
    10,
  );
  await fleet.seen(SHOP, n, ({ outcome }) => outcome === 'rolled_back');
  await rm(bad);
  const requests = traffic.between(from, Date.now()).get(version)?.requests ?? 0;
  return { requests, offMs: off - (await foundAt(fleet, n)), tookMs: off - from };
}

/** When what found it bad was counted. */
async function foundAt({ env }: Fleet, n: number): Promise<number> {
  const api = apiClient({ apiUrl: env['SHIPWAY_API_URL'] ?? '' });
  for await (const { at, verdict } of api.samples(deploymentId(SHOP, n)))
    if (verdict.kind === 'fail') return Date.parse(at);
  throw new Error(`nothing says that ${deploymentId(SHOP, n)} was bad`);
}

function rowsOf(found: readonly Breach[]): readonly Row[] {
  const [requests, offs] = [found.map((b) => b.requests), found.map((b) => b.offMs)];
  const took = found.map((b) => b.tookMs);
  return [
    {
      name: `real requests of a candidate that fails 20 % of them, until it has none`,
      ...{ value: quantile(requests, 0.95), unit: 'requests', budget: 40 + 2 * PER_LOOK, better: 'less' },
      detail: `95 of 100 of ${String(ROUNDS)}, median ${String(quantile(requests, 0.5))}; ${String(PER_LOOK)} a second, a look every second, one second to go back; in time 95 of 100 ${ms(quantile(took, 0.95))}`,
    },
    {
      name: 'from the counters that say so to no candidate traffic',
      ...{ value: quantile(offs, 0.95) / 1_000, unit: 's', budget: 1, better: 'less' },
      detail: `95 of 100 of ${String(ROUNDS)}, median ${ms(quantile(offs, 0.5))}`,
    },
  ];
}
