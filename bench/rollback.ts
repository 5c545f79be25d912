import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startTraffic } from '../src/cli/demo/traffic.js';
import { deploymentId, type TargetRef } from '../src/domain/ids.js';
import { FULL } from '../src/domain/plan.js';
import type { Slot } from '../src/domain/target.js';
import type { DeploymentView } from '../src/domain/view.js';
import { packageRoot } from '../src/paths.js';
import { startFleet, until, type Fleet } from './fleet.js';
import { median, ms, type Row } from './measure.js';
import { canary, commandStage, deploymentOf, planOf, shippingPlan } from './plans.js';

const BAKES = 200;
const AT_ONCE = 20;
const ROUNDS = 5;
const DAY_MS = 86_400_000;
const SHOP: TargetRef = { service: 'shop', environment: 'asked' };

/** Where a deployment is when somebody takes it back; its strategy gets it there and keeps it there. */
const PHASES = {
  shift: {
    deployment: { strategy: canary(DAY_MS) },
    is: ({ timeline }: DeploymentView) => timeline.some(({ what }) => what.startsWith('watching canary')),
  },
  bake: { deployment: { bakeMs: DAY_MS }, is: ({ phase }: DeploymentView) => phase === 'bake' },
  paused: {
    deployment: { strategy: canary(DAY_MS) },
    is: ({ waitingFor }: DeploymentView) => waitingFor !== undefined,
  },
} as const;
type Phase = keyof typeof PHASES;

/** From the start of `shipway rollback` until no user is sent to the candidate, while 200 bakes run and no stage finds a slot. */
export async function rollback(): Promise<readonly Row[]> {
  const fleet = await startFleet({ SHIPWAY_STAGE_SLOTS: '2' });
  try {
    await fleet.worker();
    await bakes(fleet);
    const runs = await waiting(fleet);
    await fillStages(fleet);
    const { address, shares } = await fleet.routed(SHOP);
    const slot = shares.blue === FULL ? 'blue' : 'green';
    const traffic = startTraffic({ address, paths: ['/'], rate: 100, versionHeader: 'x-version' });
    const times: Record<Phase, number[]> = { shift: [], bake: [], paused: [] };
    for (const [i, { phase, run }] of runs.entries()) {
      await underWay(fleet, phase, run, i + 2);
      times[phase].push(await takenBack(fleet, slot));
      await fleet.seen(SHOP, i + 2, ({ outcome }) => outcome === 'rolled_back');
    }
    await traffic.stop();
    return Object.entries(times).map(([phase, values]) => rowOf(phase, values));
  } finally {
    await fleet.stop();
  }
}

const rowOf = (phase: string, values: readonly number[]): Row => ({
  name: `\`shipway rollback\` to no candidate traffic, ${phase}, ${String(BAKES)} bakes, stages full`,
  ...{ value: median(values) / 1000, unit: 's', budget: 2, better: 'less' },
  detail: `the longest of ${String(values.length)} ${ms(Math.max(...values))}, the command's own start included`,
});

/** As many services as bake at once, each with an instance of its own. */
async function bakes(fleet: Fleet): Promise<void> {
  const services = Array.from({ length: BAKES }, (_, i) => `baking-${String(i + 1)}`);
  const one = async (service: string): Promise<void> => {
    const target = { service, environment: 'production' };
    const deployment = deploymentOf(fleet.folder, { bakeMs: DAY_MS });
    await fleet.begin(shippingPlan(target, 'v1', fleet.commit, deployment));
    await fleet.seen(target, 1, ({ phase }) => phase === 'bake');
  };
  const next = async (): Promise<void> => {
    for (let service = services.pop(); service !== undefined; service = services.pop()) await one(service);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

/** A live release, and for each rollback a run that has built its release and waits for its approval: stages find no slot later. */
async function waiting(fleet: Fleet): Promise<readonly { readonly phase: Phase; readonly run: string }[]> {
  const plan = (version: string, more: object) =>
    shippingPlan(SHOP, version, fleet.commit, deploymentOf(fleet.folder, more));
  await fleet.approve(SHOP.service, await fleet.begin(plan('v1', {})));
  await fleet.seen(SHOP, 1, ({ outcome }) => outcome === 'shipped');
  const phases = Array.from({ length: ROUNDS }, () => Object.keys(PHASES) as Phase[]).flat();
  const runs = [];
  for (const [i, phase] of phases.entries()) {
    const run = await fleet.begin(plan(`v${String(i + 2)}`, PHASES[phase].deployment));
    await fleet.seenRun(SHOP.service, run, ({ waitingFor }) => waitingFor !== undefined);
    runs.push({ phase, run });
  }
  return runs;
}

/** Twice as many commands as there are slots: some run, some wait. */
async function fillStages(fleet: Fleet): Promise<void> {
  const full = { service: 'full', environment: 'production' };
  const plan = planOf(full, 'v1', fleet.commit, [commandStage('wait', ['exec sleep 600'])]);
  const runs = await Promise.all(Array.from({ length: 4 }, () => fleet.begin(plan)));
  for (const run of runs) await fleet.seenRun('full', run, ({ stages }) => stages[0]?.state === 'running');
}

async function underWay(fleet: Fleet, phase: Phase, run: string, n: number): Promise<void> {
  await fleet.approve(SHOP.service, run);
  await fleet.seen(SHOP, n, PHASES[phase === 'paused' ? 'shift' : phase].is);
  if (phase !== 'paused') return;
  await command(fleet, 'pause', deploymentId(SHOP, n), '--reason', 'a look at it');
  await fleet.seen(SHOP, n, PHASES.paused.is);
}

/** Milliseconds from the start of the command until the slot that served before has all traffic again. */
async function takenBack(fleet: Fleet, slot: Slot): Promise<number> {
  const begin = performance.now();
  const target = ['--service', SHOP.service, '--environment', SHOP.environment];
  const done = command(fleet, 'rollback', ...target, '--reason', 'the bench wants it', '--detach');
  const isBack = async (): Promise<number | undefined> =>
    (await fleet.routed(SHOP)).shares[slot] === FULL ? performance.now() - begin : undefined;
  const tookMs = await until(isBack, 'the traffic to go back', 10);
  await done;
  return tookMs;
}

/** A command as a person gives it. */
export function command(fleet: Fleet, ...args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const cli = [join(packageRoot(), 'bin/shipway.js'), ...args];
    const child = spawn(process.execPath, cli, { env: fleet.env, stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`shipway ${args[0] ?? ''} ended with ${String(code)}`));
    });
  });
}
