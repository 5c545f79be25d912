import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { stableHealth } from '../../activities/stable-health.js';
import { watch } from '../../activities/watch.js';
import type { WatchInput } from '../../src/domain/watching.js';
import { activityOf } from '../support/activity.js';
import { fakeWorld } from '../support/fake-world.js';
import { memoryStore } from '../support/memory-store.js';
import { requestFor } from '../support/plans.js';
import { CANDIDATE, STABLE, WATCH_PLAN, counters, watchInput } from '../support/watching.js';

const never = new AbortController().signal;
/** Stable runs, so many instances of it, and the router knows the first of them. */
async function lab(replicas = 1, known = replicas) {
  const world = fakeWorld();
  onTestFinished(world.close);
  const { release, plan, ...target } = requestFor('shop', 'production', 'v1', 'r');
  const { provider, router } = world;
  const configuration = { ...plan.configuration, replicas };
  const instances = await provider.ensure(target, STABLE.slot, release, configuration, never);
  await router.open(target, undefined, never);
  const admit = (n: number) =>
    router.admit(
      ...([target, STABLE.slot, release.digest] as const),
      instances.slice(0, n).map(({ url }) => url),
      never,
    );
  await admit(known);
  const input = (path: string): WatchInput =>
    watchInput({ stableLiveness: { path, timeoutMs: path === '/hang' ? 50 : 5_000 } });
  const look = (path: string, more: Partial<WatchInput> = {}, signal = never) =>
    stableHealth(() => Promise.resolve(world), { ...input(path), ...more }, signal);
  return { world, look, target };
}

test('what stable’s instances answer to their own probe is said', async () => {
  const { look } = await lab(2);
  expect(await look('/health')).toEqual({ stableHealth: { probes: 2, failures: 0 } });
  expect(await look('/fail')).toEqual({ stableHealth: { probes: 2, failures: 2 } });
  expect(await look('/hang')).toEqual({ stableHealth: { probes: 2, failures: 2 } });
});

test('one that died is one that failed', async () => {
  const { world, look } = await lab(2);
  world.kill(world.started[0] ?? '');
  expect(await look('/health')).toEqual({ stableHealth: { probes: 2, failures: 1 } });
});

test('instances that are taken away have not failed, nor have those that are gone with their slot', async () => {
  const leaving = await lab(2, 1);
  expect(await leaving.look('/fail')).toEqual({});
  const gone = await lab(1, 0);
  await gone.world.provider.remove(gone.target, STABLE.slot, never);
  expect(await gone.look('/health')).toEqual({});
});

test('where there is no stable, or its probe is not known, nobody is asked', async () => {
  const { world, look } = await lab();
  const health = vi.spyOn(world.provider, 'health');
  const {
    stable: _,
    stableLiveness: __,
    ...alone
  } = watchInput({ stableLiveness: { path: '/', timeoutMs: 1 } });
  expect(await stableHealth(() => Promise.resolve(world), alone, never)).toEqual({});
  expect(await stableHealth(() => Promise.resolve(world), watchInput(), never)).toEqual({});
  expect(health).not.toHaveBeenCalled();
  expect(await look('/health')).not.toEqual({});
});

test('whoever does not answer for stable says nothing of it', async () => {
  const { world, look } = await lab();
  world.fail('observe', 'router.unavailable');
  expect(await look('/fail')).toEqual({});
  world.fail('health', 'provider.unavailable');
  expect(await look('/health')).toEqual({});
});

test('a provider that hangs and heeds no signal is not waited for longer than of the candidate', async () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { world } = await lab();
  const hanging = {
    ...world,
    provider: { ...world.provider, health: () => new Promise<never>(() => undefined) },
  };
  const input = watchInput({ stableLiveness: { path: '/health', timeoutMs: 2_000 } });
  const asked = stableHealth(() => Promise.resolve(hanging), input, never);
  await vi.advanceTimersByTimeAsync(12_000);
  expect(await asked).toEqual({});
});

describe('the health checks of both', () => {
  const failing = { path: '/fail', timeoutMs: 5_000 };
  const triggers = { healthCheckFailures: { threshold: 1, windowMs: 120_000 } };
  const plan = { ...WATCH_PLAN, triggers, stepTimeoutMs: 0 };
  /** One look, at a candidate that runs beside stable. */
  async function watched(more: Partial<WatchInput>) {
    const { world } = await lab();
    const { release, plan: of, ...target } = requestFor('shop', 'production', 'v2', 'r');
    await world.provider.ensure(target, CANDIDATE.slot, release, of.configuration, never);
    const store = memoryStore();
    const sample = () =>
      Promise.resolve({ at: Date.now(), counters: [counters(CANDIDATE, 0), counters(STABLE, 0)] });
    const deps = { ...world, store, metrics: { sample } };
    const input = watchInput({ plan, until: Date.now(), ...more });
    const { verdict, evidence } = await activityOf('d').run(watch(deps), input);
    return { kind: verdict.kind, evidence, samples: await store.samples.list('') };
  }

  test.each<[string, Partial<WatchInput>, string]>([
    ['both fail', { stableLiveness: failing }, 'inconclusive'],
    ['stable is well by its own', { stableLiveness: { ...failing, path: '/health' } }, 'fail'],
    ['stable’s is not known', {}, 'fail'],
  ])('%s', async (_, more, kind) => {
    expect((await watched({ liveness: failing, ...more })).kind).toBe(kind);
  });

  test('are kept of each look, and in what is handed on', async () => {
    const liveness = { ...failing, path: '/health' };
    const { kind, evidence, samples } = await watched({ liveness, stableLiveness: failing });
    const said = { health: { probes: 1, failures: 0 }, stableHealth: { probes: 1, failures: 1 } };
    expect(kind).toBe('pass');
    expect(evidence.observations).toMatchObject([said]);
    expect(samples.flatMap(({ look }) => look?.observation ?? [])).toMatchObject([said]);
  });
});
