import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTraffic } from '../src/cli/demo/traffic.js';
import { deploymentId, type TargetRef } from '../src/domain/ids.js';
import { FULL } from '../src/domain/plan.js';
import type { WatchPlan } from '../src/domain/watch-plan.js';
import { startFleet, until, type Fleet } from './fleet.js';
import { median, ms, type Row } from './measure.js';
import { canary, deploymentOf, shippingPlan } from './plans.js';
import type { Running } from './processes.js';

const ROUNDS = 5;
const HOUR_MS = 3_600_000;
/** What the candidate is judged by: the errors of its users, looked at every second. */
const ERRORS: WatchPlan = {
  ...{ intervalMs: 1_000, onInconclusive: 'hold', onUnavailable: 'hold', stepTimeoutMs: HOUR_MS },
  triggers: { errorRate: { threshold: 500, windowMs: 10_000, minRequests: 20 } },
};

/** From the moment that a candidate fails, and the worker that watches it is killed or PostgreSQL is, until no user is sent to it. */
export async function lost(): Promise<readonly Row[]> {
  const fleet = await startFleet();
  try {
    const workers = [await fleet.worker(), await fleet.worker()];
    const [killed, gone] = [[] as number[], [] as number[]];
    for (let round = 0; round < ROUNDS; round++) {
      killed.push(await withoutWorker(fleet, workers, `worker-${String(round)}`));
      gone.push(await withoutPostgres(fleet, `postgres-${String(round)}`));
    }
    return [rowOf('the worker that watches is killed', killed), rowOf('PostgreSQL is killed', gone)];
  } finally {
    await fleet.stop();
  }
}

const rowOf = (what: string, values: readonly number[]): Row => ({
  name: `traffic off a candidate that fails while ${what}`,
  ...{ value: Math.max(...values) / 1000, unit: 's', budget: 10, better: 'less' },
  detail: `the longest of ${String(values.length)}, median ${ms(median(values))}; looks every ${ms(ERRORS.intervalMs)}`,
});

/** Another one is alive, and one more is started for the next round. */
async function withoutWorker(fleet: Fleet, workers: Running[], service: string): Promise<number> {
  return failing(fleet, service, async (deployment) => {
    const pid = await watcherOf(fleet, deployment);
    const watching = workers.findIndex((worker) => worker.pid === pid);
    if (watching < 0) throw new Error(`no worker of the bench watches ${deployment}`);
    await workers.splice(watching, 1)[0]?.end('SIGKILL');
    return async () => void workers.push(await fleet.worker());
  });
}

async function withoutPostgres(fleet: Fleet, service: string): Promise<number> {
  return failing(fleet, service, () => Promise.resolve(fleet.servers.killPostgres()));
}

/** `lose` takes something away at the moment that the candidate fails, and answers how it comes back. */
async function failing(
  fleet: Fleet,
  service: string,
  lose: (deployment: string) => Promise<() => Promise<void>>,
): Promise<number> {
  const target: TargetRef = { service, environment: 'production' };
  const bad = join(fleet.folder, `bad-${service}`);
  const ship = (version: string, more: object, environment = {}): Promise<string> =>
    fleet.begin(shippingPlan(target, version, fleet.commit, deploymentOf(fleet.folder, more, environment)));
  await ship('v1', {});
  await fleet.seen(target, 1, ({ outcome }) => outcome === 'shipped');
  const { address, shares } = await fleet.routed(target);
  const live = shares.blue === FULL ? 'blue' : 'green';
  const traffic = startTraffic({ address, paths: ['/'], rate: 100, versionHeader: 'x-version' });
  await ship('v2', { strategy: canary(HOUR_MS), watch: ERRORS }, { BAD_WHILE: bad });
  await fleet.seen(target, 2, ({ timeline }) => timeline.some(({ what }) => what.startsWith('watching')));
  await until(() => passing(fleet, deploymentId(target, 2)), 'a first verdict');
  const again = await lose(deploymentId(target, 2));
  const begin = performance.now();
  await writeFile(bad, '');
  const back = async (): Promise<number | undefined> =>
    (await fleet.routed(target)).shares[live] === FULL ? performance.now() - begin : undefined;
  const tookMs = await until(back, 'the traffic to go back', 10);
  await rm(bad);
  await again();
  await fleet.seen(target, 2, ({ outcome }) => outcome === 'rolled_back');
  await traffic.stop();
  return tookMs;
}

/** The watch has looked, and is content. */
async function passing({ client }: Fleet, id: string): Promise<true | undefined> {
  const { deployment } = await client.deployment(id);
  return deployment.verdict?.kind === 'pass' ? true : undefined;
}

/** The process that has the watch now. */
async function watcherOf({ client }: Fleet, deployment: string): Promise<number> {
  const { raw } = await client.temporal.workflow.getHandle(deployment).describe();
  const watching = raw.pendingActivities?.find((a) => a.activityType?.name === 'watch');
  return Number(/^\d+/.exec(watching?.lastWorkerIdentity ?? '')?.[0]);
}
