import { afterEach, beforeEach, expect } from 'vitest';
import type { EffectDeps } from '../../activities/deps.js';
import { createEffects } from '../../activities/effects.js';
import type { DeploymentKind } from '../../src/domain/store.js';
import type { Live } from '../../src/domain/target.js';
import { activityOf, type ActivityLab } from './activity.js';
import { admitRow, permitOf, rowOf } from './admitted.js';
import { routed } from './fake-router.js';
import { fakeWorld, type FakeWorld } from './fake-world.js';
import { memoryStore, type MemoryStore } from './memory-store.js';
import { deploymentPlan, requestFor } from './plans.js';

export const REF = { service: 'shop', environment: 'production' };
export const plan = { ...deploymentPlan(), router: 'haproxy+nginx' };
export const { release } = requestFor('shop', 'production', 'v2', 'r');
export const replaces: Live = {
  ...{ release: requestFor('shop', 'production', 'v1', 'r').release, slot: 'blue' },
  ...{ configuration: plan.configuration, deployment: 'deployment/shop/production/1', since: '' },
};
export const lags = {
  type: 'router.unavailable',
  message: expect.stringMatching(/^nginx does not follow/) as string,
};
const never = new AbortController().signal;
const METHODS = ['observe', 'open', 'admit', 'split', 'drain', 'withdraw', 'close'];
export const away = (world: FakeWorld, is: boolean): void => {
  for (const method of METHODS) world.fail(method, is ? 'router.unavailable' : undefined);
};
export const of = ({ routes }: FakeWorld) => routes.get('shop/production/');

/** Two routers in memory that serve v1 in blue together, and deployments of v2 to green. */
export async function twoRouters() {
  const [haproxy, nginx] = [fakeWorld(), fakeWorld()];
  for (const { router } of [haproxy, nginx])
    await routed(router, REF, { blue: replaces.release.digest, green: release.digest });
  await haproxy.provider.ensure(REF, 'blue', replaces.release, plan.configuration, never);
  const { instances = [] } = haproxy.slots.get('shop/production/blue') ?? {};
  const urls = instances.map(({ url }) => url);
  for (const { router } of [haproxy, nginx])
    await router.admit(REF, 'blue', replaces.release.digest, urls, never);
  haproxy.log.length = 0;
  nginx.log.length = 0;
  const two = {
    ...{ haproxy, nginx },
    /** What the policy says is gone. */
    gone: [] as readonly string[],
    shares: () => [haproxy, nginx].map((world) => of(world)?.shares),
    deps: (store: MemoryStore): EffectDeps => ({
      ...{ store, provider: haproxy.provider, router: fakeWorld().router },
      metrics: { sample: () => Promise.reject(new Error('unused')) },
      shipped: {
        gone: () => Promise.resolve(two.gone),
        ...{ routers: { haproxy: haproxy.router, nginx: nginx.router }, metrics: {} },
      },
    }),
    deployment: (kind: DeploymentKind, ports?: readonly [number, number]) =>
      deployment((store) => two.deps(store), kind, ports),
    close: (): void => {
      haproxy.close();
      nginx.close();
    },
  };
  return two;
}

export type TwoRouters = Awaited<ReturnType<typeof twoRouters>>;

/** Gives each test two of its own, which are gone after it. */
export function twoRoutersOfEach(given: (two: TwoRouters) => void): void {
  let two: TwoRouters;
  beforeEach(async () => {
    given((two = await twoRouters()));
  });
  afterEach(() => {
    two.close();
  });
}

/** The effects of a deployment of that kind, and what they are told. */
async function deployment(
  deps: (store: MemoryStore) => EffectDeps,
  kind: DeploymentKind,
  ports?: readonly [number, number],
) {
  const store = memoryStore();
  const wanted = { ...plan, ...(ports && { listen: ports[0], secondListen: ports[1] }) };
  const row = rowOf(REF, 2, { kind, release, plan: wanted });
  await admitRow(store, row, permitOf(row, { candidate: 'green', replaces }));
  const effects = createEffects(deps(store));
  const about = {
    ...{ ...REF, version: 'v2', kind, adapters: plan },
    ...({ candidate: 'green', stable: 'blue' } as const),
    ...(ports && { plan: wanted }),
  };
  let asked = 0;
  const run: ActivityLab['run'] = (effect, ...input) =>
    activityOf(row.id, { activityId: String(++asked) }).run(effect, ...input);
  const shift = (share: number) => run(effects.shiftTraffic, { ...about, share, from: 0, userKey: [] });
  const provide = () => run(effects.provision, { ...about, release, plan: wanted });
  const back = (share = 0) =>
    run(effects.undoShift, { ...about, userKey: [], replaces, ...(share > 0 && { share }) });
  return { effects, about, run, shift, provide, back, store };
}
