import { setTimeout as sleep } from 'node:timers/promises';
import { targetId, type TargetRef } from '../src/domain/ids.js';
import type { DeploymentPlan } from '../src/domain/plan.js';
import { aside } from './aside.js';
import { startFleet, type Fleet } from './fleet.js';
import { ms, quantile, type Row } from './measure.js';
import { startLoad } from './load-process.js';
import { KEPT_CONNECTIONS, type Sample } from './open-load.js';
import { canary, deploymentOf, shippingPlan } from './plans.js';
import { GATEWAY, startedHaproxy, startedNginx, type BenchRouter } from './routers.js';
import { temporaryFolder } from './lab.js';
import { said } from './statements.js';
import { WAYS, type Way } from './ways.js';

const REQUESTS = 30_000;
/** A second, on all connections: what has two processors two thirds busy before anything is shipped. */
const BUSY = 800;
/** Where times are held against a budget: below that, so that they are of the switch and not of a queue for the processors. */
const CALM = 400;
/** What p99 before a switch is of; what was shipped before has gone by then. */
const REQUESTS_BEFORE = 6_400;
const SETTLED_MS = 3_000;
/** Connections are opened and code is compiled: of neither is the switch the cause. */
const WARM_MS = 3_000;
/** A switch is from so long before the first answer of the new version until so long after the last of the old one. */
const LEAD_MS = 100;
const TRAIL_MS = 1_000;
const RELOAD_EVERY_MS = 1_000;
const DAY_MS = 86_400_000;

const REPLICAS = 2;

/** One service behind one router. */
interface Shop {
  readonly fleet: Fleet;
  readonly router: BenchRouter;
  /** By it the rows are told apart. */
  readonly label: string;
  readonly target: TargetRef;
  /** Requests a second where the time that they take is asked. */
  readonly rate: number;
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
    const worker = await fleet.worker();
    const shopOf = (router: BenchRouter, label = router.name, rate = CALM): Shop => {
      const target = { service: `shop-${label.replaceAll(' ', '-')}`, environment: router.name };
      return { fleet, router, label, target, rate };
    };
    const rows = (await behind(shopOf(GATEWAY, `${GATEWAY.name} ${SHARING}`, BUSY))).map(withoutRatio);
    // What a switch does to users is asked, not what else runs on two processors.
    if (!(await aside([worker.pid, fleet.servers.temporal.pid]))) process.stderr.write(NOT_ASIDE);
    for (const router of routers) rows.push(...(await behind(shopOf(router))));
    return rows;
  } finally {
    await fleet.stop();
    for (const router of routers) await router.stop();
    await folder.remove();
  }
}

const SHARING = 'sharing the processors';
const NOT_ASIDE =
  'this kernel does not have the worker and Temporal give way to the traffic: all rows share the processors\n';

/** What they take from each other where the pipeline shares the processors is no matter of the switch. */
const withoutRatio = (row: Row): Row => (row.unit === RATIO ? told(row) : row);
/** Without a budget. */
const told = ({ name, value, unit, detail }: Row): Row => ({ name, value, unit, detail });
const RATIO = '×';

async function behind(shop: Shop): Promise<readonly Row[]> {
  const { fleet, router } = shop;
  await ship(shop, 1, { strategy: { kind: 'blue_green' } });
  const address = await router.address(shop.target, fleet);
  const rows: Row[] = [];
  let n = 1;
  for (const [name, wayOf] of Object.entries(WAYS)) {
    const first = n + 1;
    const { downtime = false } = wayOf(first);
    const asked = await underLoad(address, downtime ? BUSY : shop.rate, () => ship(shop, ++n, wayOf(n)));
    const failed = failedRow(name, shop, asked);
    if (downtime) {
      rows.push(withDowntime(failed, n - first + 1));
      continue;
    }
    const switches = versions(first, n).map((to) => switchOf(asked.samples, to));
    rows.push(failed, slownessRow(name, shop, asked, switches));
  }
  const first = n + 1;
  const asked = await underLoad(address, shop.rate, () => takenBack(shop, ++n));
  const backs = versions(first, n).map((of) => backOf(asked.samples, of));
  rows.push(failedRow(BACK, shop, asked), slownessRow(BACK, shop, asked, backs));
  const { reload } = router;
  if (reload !== undefined) {
    const reloaded = (): Promise<unknown> => Promise.all([reload(), sleep(RELOAD_EVERY_MS)]);
    rows.push(failedRow(RELOADED, shop, await underLoad(address, BUSY, reloaded)));
  }
  return rows;
}
/** What is promised there is that it ends, and what serves then. */
const withDowntime = (failed: Row, times: number): Row => ({
  ...told(failed),
  detail: `${failed.detail}; in ${String(times)} deployments, each with its downtime`,
});
const BACK = 'forced rollback';
const RELOADED = 'a reload every second';

const versions = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

const answersOf = (samples: readonly Sample[], n: number): readonly number[] =>
  samples.filter(({ version }) => version === `v${String(n)}`).map(({ at }) => at);

/** From the first answer of a version to the last of the one before it. */
function switchOf(samples: readonly Sample[], to: number): Switch {
  const begun = Math.min(...moved(samples, to));
  return { begun, ended: Math.max(begun, ...answersOf(samples, to - 1)) };
}

function backOf(samples: readonly Sample[], of: number): Switch {
  const last = Math.max(...moved(samples, of));
  return { begun: last, ended: last };
}

/** Fails when the version had no user. */
function moved(samples: readonly Sample[], n: number): readonly number[] {
  const answers = answersOf(samples, n);
  if (answers.length === 0) throw new Error(`no user was moved to v${String(n)}`);
  return answers;
}

/** All that was asked, so many a second. */
interface Asked {
  readonly rate: number;
  readonly samples: readonly Sample[];
}

/** From a while before, while the work is done again and again until enough were asked. */
async function underLoad(address: string, rate: number, work: () => Promise<unknown>): Promise<Asked> {
  await sleep(SETTLED_MS);
  const end = performance.now() + msOf(REQUESTS, rate);
  const load = startLoad(address, rate);
  await sleep(WARM_MS + msOf(REQUESTS_BEFORE, rate));
  do {
    await work();
    // What comes next is not to be a part of this switch.
    await sleep(TRAIL_MS + LEAD_MS);
  } while (performance.now() < end);
  return { rate, samples: await load.ended(REQUESTS) };
}
const msOf = (requests: number, rate: number): number => (requests / rate) * 1_000;

const begin = ({ fleet, target, router }: Shop, n: number, { strategy, flags }: Way): Promise<string> => {
  const plain = deploymentOf(fleet.folder);
  const deployment: DeploymentPlan = {
    ...plain,
    ...(flags === undefined ? {} : { flags }),
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

async function ship(shop: Shop, n: number, way: Way): Promise<void> {
  const outcome = await shop.fleet.ended(shop.target.service, await begin(shop, n, way));
  if (outcome !== 'shipped') throw new Error(`v${String(n)} of ${shop.target.service} ${outcome}`);
}

/** A candidate with half of the users goes when somebody says so. */
async function takenBack(shop: Shop, n: number): Promise<void> {
  const { fleet, target } = shop;
  const run = await begin(shop, n, { strategy: canary(DAY_MS) });
  await fleet.seen(target, n, ({ timeline }) =>
    timeline.some(({ what }) => what.startsWith('watching canary')),
  );
  await sleep(SERVED_MS);
  const statement = said('ann', 'rollback', targetId(target));
  const reason = 'the bench wants it';
  const asked = { ...target, requestId: `rollback/${String(n)}`, statement, reason };
  const { status } = await fleet.client.rollback(asked);
  if (status === 'refused') throw new Error(`the rollback of v${String(n)} was refused`);
  const outcome = await fleet.ended(target.service, run);
  if (outcome !== 'rolled_back') throw new Error(`v${String(n)} of ${target.service} ${outcome}`);
}
const SERVED_MS = 3_000;

/** What was sent once more has failed, too, but where nginx was reloaded, which ends kept connections. */
function failedRow(what: string, { router, label }: Shop, { rate, samples }: Asked): Row {
  const forgiven = router.name === 'nginx' && what === RELOADED;
  const failed = samples.filter((one) => one.failed !== undefined || (one.reset && !forgiven));
  const resets = samples.filter((one) => one.reset).length;
  const first = failed.find((one) => one.failed !== undefined)?.failed;
  return {
    name: `failed requests, ${what}, ${label}`,
    ...{ value: failed.length, unit: 'requests', budget: 0, better: 'less' },
    detail: `${String(samples.length)} at ${String(rate)} a second, half on ${String(KEPT_CONNECTIONS)} kept connections and half on new ones; ${String(resets)} were reset on a kept one and sent once more${first === undefined ? '' : `; the first: ${first}`}`,
  };
}

function slownessRow(
  what: string,
  { label }: Shop,
  { rate, samples }: Asked,
  switches: readonly Switch[],
): Row {
  const start = Math.min(...samples.map(({ at }) => at));
  const warm = start + WARM_MS;
  const before = p99(samples.filter(({ at }) => at >= warm && at <= warm + msOf(REQUESTS_BEFORE, rate)));
  const around = switches.map(({ begun, ended }) =>
    samples.filter(({ at }) => at >= begun - LEAD_MS && at <= ended + TRAIL_MS),
  );
  const during = p99(around.flat());
  const worst = Math.max(...around.map(p99));
  const longest = Math.max(...switches.map(({ begun, ended }) => ended - begun));
  return {
    name: `p99 around the switch, ${what}, ${label}`,
    ...{ value: during / before, unit: RATIO, budget: 1.5, better: 'less' },
    detail: `at ${String(rate)} requests a second ${ms(during)} of all ${String(switches.length)} and ${ms(worst)} of the worst, against ${ms(before)} before; from the first answer of the new version to the last of the old one ${ms(longest)} at most`,
  };
}

const p99 = (samples: readonly Sample[]): number =>
  quantile(
    samples.map(({ tookMs }) => tookMs),
    0.99,
  );
