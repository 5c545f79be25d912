import { describe, expect, test } from 'vitest';
import type { EffectDeps } from '../../activities/deps.js';
import { refuseUnfit, worldAt, worldBack, worldOf } from '../../activities/world.js';
import { refuseCombination } from '../../src/domain/capabilities.js';
import { BUILT_IN, adaptersIn, refuseChange, type Adapters } from '../../src/domain/adapters.js';
import { checkedExtensions } from '../../src/cli/extensions.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { fakeWorld } from '../support/fake-world.js';
import { memoryStore } from '../support/memory-store.js';
import { deploymentPlan } from '../support/plans.js';

const metrics = { sample: () => Promise.reject(new Error('unused')) };
const [base, other] = [fakeWorld(), fakeWorld()];
const [REF, never] = [{ service: 'shop', environment: 'staging' }, new AbortController().signal];
const own = { sample: () => Promise.resolve({ at: 0, counters: [] }) };
const deps: EffectDeps = {
  ...{ ...base, store: memoryStore(), metrics },
  extensions: {
    providers: { hosts: { provider: other.provider, carries: ['side_by_side'] } },
    routers: { edge: { router: other.router, carries: ['weighted'] } },
    metrics: { text: own },
  },
};
const named = (adapters: Partial<Adapters>) => ({ ...REF, adapters: { ...BUILT_IN, ...adapters } });

describe('the adapters of a target', () => {
  test('are the built in ones, or those that its plan names', async () => {
    expect(await worldOf(deps, REF)).toEqual({ ...deps, routers: ['gateway'] });
    expect(await worldOf(deps, named({ metrics: 'own:text' }))).toMatchObject({
      provider: base.provider,
      metrics: own,
    });
    expect(await worldOf(deps, named({ provider: 'own:hosts', router: 'own:edge' }))).toMatchObject({
      provider: other.provider,
      router: other.router,
      metrics,
    });
  });

  test('come with shipway beside the built in ones, under names that nobody’s own can take', async () => {
    const shipped = { routers: { haproxy: other.router }, metrics: { prometheus: own } };
    const world = await worldOf({ ...deps, shipped }, named({ router: 'haproxy', metrics: 'prometheus' }));
    expect(world).toMatchObject({ provider: base.provider, router: other.router, metrics: own });
    const text = await worldOf({ ...deps, shipped }, named({ metrics: 'own:text' }));
    expect(text.router).toBe(base.router);
  });

  test.each([
    { router: 'haproxy' },
    { provider: 'own:host' },
    { router: 'own:text' },
    { metrics: 'own:' },
    { metrics: 'text' },
    { metrics: 'own:constructor' },
  ])('that this worker was not given are unknown: %j', async (adapters) => {
    await expect(worldOf(deps, named(adapters))).rejects.toMatchObject({ type: 'adapter.unknown' });
  });

  test('are no other ones where a worker was given none', async () => {
    const { extensions: _, ...plain } = deps;
    const store = memoryStore();
    const row = rowOf({ service: 'shop', environment: 'production' }, 1);
    await admitRow(store, { ...row, plan: { ...row.plan, provider: 'own:hosts' } });
    await expect(worldAt({ ...plain, store }, row)).rejects.toMatchObject({ type: 'adapter.unknown' });
  });

  test('are two routers together, of those that come with shipway, and of no others', async () => {
    const shipped = { routers: { haproxy: base.router, nginx: other.router }, metrics: {} };
    const both = { ...deps, shipped };
    const pair = named({ router: 'haproxy+nginx' });
    const [forward, back] = [await worldOf(both, pair), await worldBack(both, pair)];
    await base.router.open(REF, undefined, never);
    expect((await forward.router.observe(REF, never))?.differences).toEqual({
      target: 'haproxy serves the target, and nginx does not know it',
    });
    await expect(forward.router.admit(REF, 'blue', 'a', ['http://b'], never)).rejects.toMatchObject({
      type: 'router.refused',
      message: expect.stringContaining('nginx does not follow') as string,
    });
    await back.router.admit(REF, 'blue', 'a', ['http://b'], never);
    expect(back.settled).toThrow('haproxy has followed');
    expect((await worldBack(both, named({ router: 'nginx' }))).router).toBe(other.router);
    for (const router of ['haproxy+own:edge', 'haproxy+haproxy', 'haproxy+nginx+gateway', 'haproxy+'])
      await expect(worldOf(both, named({ router }))).rejects.toMatchObject({ type: 'adapter.unknown' });
  });

  test('are one of two alone where the policy says that the other is gone; one that serves alone is asked whatever it says', async () => {
    const asked: string[] = [];
    const gone = (names: readonly string[]) => ({
      ...deps,
      shipped: {
        gone: ({ environment }: { readonly environment: string }) => {
          asked.push(environment);
          return Promise.resolve(names);
        },
        ...{ routers: { haproxy: base.router, nginx: other.router }, metrics: {} },
      },
    });
    const pair = named({ router: 'haproxy+nginx' });
    const world = await worldBack(gone(['nginx', 'gateway']), pair);
    expect(world).toMatchObject({ router: base.router, routers: ['haproxy'], gone: 'nginx' });
    world.settled();
    expect(world.lagging()).toBeUndefined();
    expect(asked).toEqual(['staging']);
    for (const names of [[], ['haproxy', 'nginx']])
      expect((await worldOf(gone(names), pair)).routers).toEqual(['haproxy', 'nginx']);
    const single = await worldOf(gone(['nginx']), named({ router: 'nginx' }));
    expect(single).toMatchObject({ router: other.router, routers: ['nginx'] });
    expect(single).not.toHaveProperty('gone');
    expect(asked).toHaveLength(3);
    for (const router of ['haproxy+own:edge', 'haproxy+haproxy'])
      await expect(worldOf(gone(['haproxy']), named({ router }))).rejects.toMatchObject({
        type: 'adapter.unknown',
      });
  });

  test('stand in inputs only where they are not built in', () => {
    expect(adaptersIn(BUILT_IN)).toEqual({});
    expect(adaptersIn({ ...BUILT_IN, metrics: 'own:text' })).toEqual({
      adapters: { ...BUILT_IN, metrics: 'own:text' },
    });
  });

  test('of a target alone are those of its newest deployment', async () => {
    const world = await worldAt(deps, { service: 'shop', environment: 'staging' });
    expect(world).toEqual({ ...deps, routers: ['gateway'] });
  });

  test('are not claimed to do more than they can', () => {
    const plan = { ...deploymentPlan(), provider: 'own:hosts', router: 'own:edge' };
    refuseUnfit(deps, { ...plan, strategy: { kind: 'blue_green' } });
    const canary = { kind: 'canary', steps: [500, 10_000], stepDurationMs: 1 } as const;
    expect(() => {
      refuseUnfit(deps, { ...plan, strategy: canary });
    }).toThrow('canary needs user_sticky');
  });

  test('answer queries where a plan has business metrics', async () => {
    const { watch, ...plan } = deploymentPlan();
    const metered = {
      ...{ ...plan, metrics: 'own:text' },
      watch: { ...watch, triggers: { metrics: { orders: { query: 'orders', min: 1, windowMs: 1 } } } },
    };
    const world = await worldOf(deps, named({ metrics: 'own:text' }));
    expect(() => {
      refuseUnfit(world, metered);
    }).toThrow('triggers.metrics needs a metric source that answers queries, and own:text answers none');
    refuseUnfit({ ...deps, metrics: { ...own, query: () => Promise.resolve(1) } }, metered);
  });

  test('are both to carry what a strategy needs', () => {
    const carried = {
      providers: { 'own:hosts': ['side_by_side'] },
      routers: { 'own:edge': ['weighted'] },
    } as const;
    const strategy = { kind: 'canary', steps: [500, 10_000], stepDurationMs: 1 } as const;
    expect(
      refuseCombination({ provider: 'own:hosts', router: 'haproxy+nginx', strategy }, carried),
    ).toBeUndefined();
    expect(refuseCombination({ provider: 'own:hosts', router: 'haproxy+own:edge', strategy }, carried)).toBe(
      'canary needs user_sticky, which the router own:edge does not carry',
    );
  });

  test('are asked for no more than they say of themselves', () => {
    const plan = deploymentPlan();
    const triggers = { memory: { threshold: 1, windowMs: 60_000 } };
    const watch = { ...plan.watch, triggers };
    refuseUnfit(deps, { ...plan, watch });
    expect(() => {
      refuseUnfit(deps, { ...plan, watch, provider: 'own:hosts', strategy: { kind: 'blue_green' } });
    }).toThrow('triggers.memory needs usage, which the provider own:hosts does not carry');
  });

  test('stay while something is live, but for where counters come from', () => {
    expect(refuseChange(BUILT_IN, { ...BUILT_IN, metrics: 'own:text' })).toBeUndefined();
    expect(refuseChange(BUILT_IN, { ...BUILT_IN, provider: 'own:hosts' })).toBe(
      'what is live has the provider process, and this would have own:hosts',
    );
    expect(refuseChange({ ...BUILT_IN, router: 'nginx' }, { ...BUILT_IN, router: 'haproxy+nginx' })).toBe(
      'what is live has the router nginx, and this would have haproxy+nginx',
    );
    const both = { ...BUILT_IN, router: 'haproxy+nginx' };
    const alone = { ...BUILT_IN, router: 'haproxy' };
    expect(refuseChange(both, alone, ['nginx'])).toBeUndefined();
    expect(refuseChange(both, both, ['nginx'])).toBeUndefined();
    expect(refuseChange(both, alone, ['haproxy'])).toContain('say gone_routers: [nginx] in the policy');
    expect(refuseChange(both, alone, ['haproxy', 'nginx'])).toContain('would have haproxy;');
    expect(refuseChange(both, { ...alone, provider: 'own:hosts' }, ['nginx'])).toContain('the provider');
    // Beside what serves alone nothing is put because of what is gone.
    expect(refuseChange(alone, both, ['nginx'])).toBe(
      'what is live has the router haproxy, and this would have haproxy+nginx',
    );
  });
});

test.each([
  [{ scanners: {} }, 'extensions has no "scanners"'],
  [{ metrics: { Text: own } }, '"Text" is no name of an adapter'],
  [{ metrics: { text: {} } }, 'metrics text has no method sample'],
  [
    { providers: { hosts: { provider: base.provider } } },
    'carries of provider hosts is no list of what it can do',
  ],
  [{ routers: { edge: { router: base.router, carries: ['fast'] } } }, 'carries of router edge is no list'],
  [{ routers: { edge: { router: base.router, carries: ['usage'] } } }, 'carries of router edge is no list'],
  [{ providers: { hosts: { carries: [] } } }, 'provider hosts has no method observe'],
  [
    { providers: { hosts: { provider: base.provider, carries: ['usage'] } } },
    'provider hosts carries usage and has no method usage',
  ],
  [
    { providers: { hosts: { provider: { ...base.provider, sweep: undefined }, carries: [] } } },
    'provider hosts has no method sweep',
  ],
])('extensions that are none are refused when a worker starts: %j', (given, why) => {
  expect(() => checkedExtensions(given as never)).toThrow(why);
});
