import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetRef } from '../src/domain/ids.js';
import { FULL, type DeploymentPlan, type Strategy } from '../src/domain/plan.js';
import { startFleet, type Fleet } from './fleet.js';
import { ms, quantile, type Row } from './measure.js';
import { KEPT_CONNECTIONS, openLoad, type Sample } from './open-load.js';
import { canary, deploymentOf, shippingPlan } from './plans.js';
import { command } from './rollback.js';
import { GATEWAY, startedHaproxy, startedNginx, type BenchRouter } from './routers.js';
import { temporaryFolder } from './lab.js';

/** A second, on all connections. */
const RATE = 800;
const REQUESTS = 30_000;
/** What p99 before a switch is of. */
const BEFORE_MS = 8_000;
/** The switch is from so long before the first answer of the new version until so long after the last of the old one. */
const AROUND_MS = 500;
const RELOADS = 5;
const DAY_MS = 86_400_000;

/** By the names that the rows have. */
const STRATEGIES: Readonly<Record<string, Strategy>> = {
  blue_green: { kind: 'blue_green' },
  canary: { kind: 'canary', steps: [500, 2_500, 5_000, FULL], stepDurationMs: 3_000 },
  rolling: { kind: 'rolling', batchSize: 1, pauseMs: 2_000, onBadBatch: 'roll_back' },
};
const REPLICAS = 2;

/** One service behind one router. */
interface Shop {
  readonly fleet: Fleet;
  readonly router: BenchRouter;
  readonly target: TargetRef;
}
/** When users went over, by whose answers they got. */
interface Switch {
  readonly begun: number;
  readonly ended: number;
}

/** Requests that fail while releases are shipped and taken back by each strategy and router, and how long those around the switch take. */
export async function traffic(): Promise<readonly Row[]> {
  const folder = await temporaryFolder();
  const routers = [GATEWAY, await startedHaproxy(folder.path), await startedNginx(folder.path)];
  const environments = routers.map(({ name, place }) => [name, { identity: 'asserted', ...place }] as const);
  const fleet = await startFleet({}, { environments: Object.fromEntries(environments) });
  try {
    await fleet.worker();
    const rows: Row[] = [];
    for (const router of routers) rows.push(...(await behind(fleet, router)));
    return rows;
  } finally {
    await fleet.stop();
    for (const router of routers) await router.stop();
    await folder.remove();
  }
}

async function behind(fleet: Fleet, router: BenchRouter): Promise<readonly Row[]> {
  const shop = { fleet, router, target: { service: `shop-${router.name}`, environment: router.name } };
  await ship(shop, 1, { kind: 'blue_green' });
  const address = await router.address(shop.target, fleet);
  const rows: Row[] = [];
  let n = 1;
  for (const [name, strategy] of Object.entries(STRATEGIES)) {
    n += 1;
    const samples = await underLoad(address, () => ship(shop, n, strategy));
    const [from, to] = [answersOf(samples, n - 1), answersOf(samples, n)];
    const over = { begun: Math.min(...to), ended: Math.max(...from) };
    const took = `; from the first answer of the new version to the last of the old one ${ms(Math.max(over.ended - over.begun, 0))}`;
    rows.push(failedRow(name, shop, samples, took), slownessRow(name, shop, samples, over));
  }
  const back = await underLoad(address, () => takenBack(shop, n + 1));
  const last = Math.max(...answersOf(back, n + 1));
  rows.push(failedRow(BACK, shop, back), slownessRow(BACK, shop, back, { begun: last, ended: last }));
  const { reload } = router;
  if (reload !== undefined)
    rows.push(failedRow(RELOADED, shop, await underLoad(address, () => reloads(reload))));
  return rows;
}
const BACK = 'forced rollback';
const RELOADED = `${String(RELOADS)} reloads`;

const answersOf = (samples: readonly Sample[], n: number): readonly number[] =>
  samples.filter(({ version }) => version === `v${String(n)}`).map(({ at }) => at);

/** All that was asked from a while before until the work is done, and enough were asked. */
async function underLoad(address: string, work: () => Promise<unknown>): Promise<readonly Sample[]> {
  const load = openLoad(address, RATE);
  await sleep(BEFORE_MS);
  await work();
  await load.reached(REQUESTS);
  await load.stop();
  return load.samples;
}

const begin = ({ fleet, target, router }: Shop, n: number, strategy: Strategy): Promise<string> => {
  const plain = deploymentOf(fleet.folder);
  const deployment: DeploymentPlan = {
    ...plain,
    ...{ router: router.name, strategy, configuration: { ...plain.configuration, replicas: REPLICAS } },
    // Nobody counts what the other routers share out: health alone is judged.
    watch: { ...plain.watch, intervalMs: 1_000, onUnavailable: 'continue' },
  };
  const plan = shippingPlan(target, `v${String(n)}`, fleet.commit, deployment);
  const stages = plan.stages.map((stage, i, all) => ({
    ...stage,
    needs: all.slice(0, i).map((s) => s.name),
  }));
  // The form that has all strategies.
  return fleet.begin({ ...plan, stages, schema: 3 });
};

async function ship(shop: Shop, n: number, strategy: Strategy): Promise<void> {
  const run = await begin(shop, n, strategy);
  await shop.fleet.seenRun(shop.target.service, run, ({ outcome }) => outcome === 'shipped');
}

/** A candidate with half of the users goes when somebody says so. */
async function takenBack(shop: Shop, n: number): Promise<void> {
  const { fleet, target } = shop;
  const run = await begin(shop, n, canary(DAY_MS));
  await fleet.seen(target, n, ({ timeline }) =>
    timeline.some(({ what }) => what.startsWith('watching canary')),
  );
  await sleep(SERVED_MS);
  const where = ['--service', target.service, '--environment', target.environment];
  await command(fleet, 'rollback', ...where, '--reason', 'the bench wants it', '--detach');
  await fleet.seenRun(target.service, run, ({ outcome }) => outcome === 'rolled_back');
}
const SERVED_MS = 3_000;

async function reloads(reload: () => Promise<void>): Promise<void> {
  for (let i = 0; i < RELOADS; i++) {
    await reload();
    await sleep(1_000);
  }
}

/** What was sent once more has failed, too, but where nginx was reloaded, which ends kept connections. */
function failedRow(what: string, { router }: Shop, samples: readonly Sample[], more = ''): Row {
  const forgiven = router.name === 'nginx' && what === RELOADED;
  const failed = samples.filter((one) => one.failed !== undefined || (one.reset && !forgiven));
  const resets = samples.filter((one) => one.reset).length;
  const first = failed.find((one) => one.failed !== undefined)?.failed;
  return {
    name: `failed requests, ${what}, ${router.name}`,
    ...{ value: failed.length, unit: 'requests', budget: 0, better: 'less' },
    detail: `${String(samples.length)} at ${String(RATE)} a second, half on ${String(KEPT_CONNECTIONS)} kept connections and half on new ones; ${String(resets)} were reset on a kept one and sent once more${more}${first === undefined ? '' : `; the first: ${first}`}`,
  };
}

function slownessRow(
  what: string,
  { router }: Shop,
  samples: readonly Sample[],
  { begun, ended }: Switch,
): Row {
  const start = Math.min(...samples.map(({ at }) => at));
  const before = p99(samples, start, start + BEFORE_MS);
  const during = p99(samples, begun - AROUND_MS, ended + AROUND_MS);
  if (!Number.isFinite(during / before)) throw new Error(`${what} behind ${router.name} moved no user`);
  return {
    name: `p99 around the switch, ${what}, ${router.name}`,
    ...{ value: during / before, unit: '×', budget: 1.5, better: 'less' },
    detail: `${ms(during)} against ${ms(before)} before`,
  };
}

const p99 = (samples: readonly Sample[], since: number, until: number): number =>
  quantile(
    samples.filter(({ at }) => at >= since && at <= until).map(({ tookMs }) => tookMs),
    0.99,
  );
