import { expect, onTestFinished, test } from 'vitest';
import { watch } from '../../activities/watch.js';
import type { EffectDeps } from '../../activities/deps.js';
import {
  EVIDENCE_LIMIT,
  type Counters,
  type Observation,
  type WatchEvidence,
  type WatchInput,
} from '../../src/domain/watching.js';
import { ShipwayError } from '../../src/errors.js';
import { activityOf } from '../support/activity.js';
import { fakeWorld } from '../support/fake-world.js';
import { memoryStore } from '../support/memory-store.js';
import { requestFor } from '../support/plans.js';
import { CANDIDATE, STABLE, WATCH_PLAN, counters, seen, watchInput } from '../support/watching.js';

/** Real time, in short: a look every 50 ms, and enough requests for a verdict at the second one. */
const input = (forMs: number, more: Partial<WatchInput> = {}): WatchInput =>
  watchInput({
    ...{ from: Date.now(), until: Date.now() + forMs },
    plan: { ...WATCH_PLAN, intervalMs: 50, stepTimeoutMs: 0 },
    ...more,
  });
/** The candidate runs, and so many of its requests are errors. */
async function lab(errors = 0) {
  const world = fakeWorld();
  onTestFinished(world.close);
  const { release, plan, ...of } = requestFor('shop', 'production', 'v2', 'r');
  await world.provider.ensure(of, CANDIDATE.slot, release, plan.configuration, new AbortController().signal);
  const store = memoryStore();
  let looks = 0;
  const deps: EffectDeps = {
    ...{ provider: world.provider, router: world.router, store },
    metrics: {
      sample: () => {
        looks++;
        const requests = looks * 1_000;
        return Promise.resolve({
          at: Date.now(),
          counters: [counters(CANDIDATE, requests, requests * errors), counters(STABLE, requests)],
        });
      },
    },
  };
  return { deps, store, looks: () => looks };
}
const DOWN = (): Promise<never> => Promise.reject(new ShipwayError('store.unavailable', 'gone'));
const evidenceOf = (beat: unknown): readonly Observation[] => (beat as WatchEvidence).observations;

test('passes at its end, keeps its samples, and beats what it knows', async () => {
  const { deps, store } = await lab();
  const { beats, run } = activityOf('d');
  const of = input(300);
  const result = await run(watch(deps), of);
  expect(result).toMatchObject({ verdict: { kind: 'pass' }, interrupted: false });
  expect(Date.now()).toBeGreaterThanOrEqual(of.until ?? Infinity);
  expect(evidenceOf(beats.at(-1))).toEqual(result.evidence.observations);
  expect((await store.samples.list('')).length).toBeGreaterThan(2);
});

test('fails at once when the candidate is bad', async () => {
  const { deps, looks } = await lab(0.5);
  const result = await activityOf('d').run(watch(deps), input(3_600_000));
  expect(result.verdict.kind).toBe('fail');
  expect(looks()).toBeLessThan(5);
});

test('an attempt that died hands its evidence to the next one, before what the workflow knew', async () => {
  const { deps } = await lab();
  const at = Date.now() - 10_000;
  const beaten = [seen(at, counters(CANDIDATE, 400, 0), counters(STABLE, 400))];
  const known = { observations: [seen(at - 1_000, counters(CANDIDATE, 300), counters(STABLE, 300))] };
  const attempt = activityOf('d', { attempt: 2, heartbeatDetails: { observations: beaten } });
  const { evidence } = await attempt.run(watch(deps), input(100, { evidence: known }));
  expect(evidence.observations[0]).toEqual(beaten[0]);
  const first = await activityOf('d').run(watch(deps), input(100, { evidence: known }));
  expect(first.evidence.observations[0]).toEqual(known.observations[0]);
});

test('interrupted it gives what it knows, and does not wait for the next look', async () => {
  const { deps, looks } = await lab();
  const { beats, env, run } = activityOf('d');
  const { until, ...open } = input(0, { plan: { ...WATCH_PLAN, intervalMs: 3_600_000 } });
  expect(until).toBeDefined();
  const watching = run(watch(deps), open);
  await expect.poll(() => beats.some((beat) => evidenceOf(beat).length > 0)).toBe(true);
  env.cancel();
  const result = await watching;
  expect(looks()).toBe(1);
  expect(result.interrupted).toBe(true);
  expect(result.evidence.observations).toHaveLength(1);
});

test('it beats between looks that are far apart', async () => {
  const { deps, looks } = await lab();
  const { env, beats, run } = activityOf('d');
  const watching = run(watch(deps), input(3_600_000, { plan: { ...WATCH_PLAN, intervalMs: 3_600_000 } }));
  await expect.poll(() => beats.length, { timeout: 20_000 }).toBeGreaterThan(3);
  expect(looks()).toBe(1);
  expect(evidenceOf(beats.at(-1))).toHaveLength(1);
  env.cancel();
  await watching;
});

test('a store that is gone does not blind it: bad is bad, and the lost record is in the log', async () => {
  const { deps, store } = await lab(0.5);
  const { logged, run } = activityOf('d');
  const without = { ...deps, store: { ...store, samples: { ...store.samples, add: DOWN } } };
  expect((await run(watch(without), input(3_600_000))).verdict.kind).toBe('fail');
  expect(logged.some((l) => l.message === 'samples could not be kept')).toBe(true);
});

test('a source that does not answer is unavailable, and says why; health is looked at all the same', async () => {
  const { deps } = await lab();
  const silent = {
    ...deps,
    metrics: { sample: () => Promise.reject(new ShipwayError('metrics.unavailable', 'refused')) },
  };
  const result = await activityOf('d').run(watch(silent), input(100));
  expect(result.verdict).toMatchObject({ kind: 'unavailable' });
  expect(result.evidence.observations.at(-1)).toMatchObject({
    unavailable: 'refused',
    health: { probes: 1, failures: 0 },
  });
});

test('a worker without the adapter that a plan names is a source that does not answer', async () => {
  const { deps } = await lab();
  const adapters = { provider: 'process', router: 'gateway', metrics: 'own:text' };
  const result = await activityOf('d').run(watch(deps), input(100, { adapters }));
  expect(result.verdict).toMatchObject({ kind: 'unavailable' });
  expect(result.evidence.observations.at(-1)).toMatchObject({
    unavailable: 'this worker has no metrics own:text',
  });
});

test('what it hands on stays small, however many releases the source remembers', async () => {
  const { deps } = await lab();
  const bounds = [...Array.from({ length: 15 }, (_, i) => 5 * (i + 1) ** 3), null];
  const of = (who: Pick<Counters, 'release' | 'slot'>): Counters => ({
    ...who,
    ...{ epoch: crypto.randomUUID(), requests: 10_000_000, errors: 1_000_000 },
    latency: bounds.map((leMs) => ({ leMs, count: 10_000_000 })),
  });
  const past = Array.from({ length: 20 }, (_, i) =>
    of({ release: String(i).repeat(64).slice(0, 64), slot: 'blue' }),
  );
  const at = Date.now();
  const sample = () => Promise.resolve({ at, counters: [...past, of(STABLE), of(CANDIDATE)] });
  const { evidence } = await activityOf('d').run(watch({ ...deps, metrics: { sample } }), input(0));
  const [look] = evidence.observations;
  expect(look?.counters?.map((c) => c.release)).toEqual([STABLE.release, CANDIDATE.release]);
  expect(JSON.stringify(look).length * EVIDENCE_LIMIT).toBeLessThan(100_000);
});

test('a provider that does not answer is no failed probe but unavailable, and is said', async () => {
  const { deps } = await lab();
  const health = () => Promise.reject(new ShipwayError('provider.unavailable', 'no such host'));
  const result = await activityOf('d').run(
    watch({ ...deps, provider: { ...deps.provider, health } }),
    input(100),
  );
  expect(result.verdict).toEqual({
    kind: 'unavailable',
    reason: 'health checks could not be made: no such host',
  });
  expect(result.evidence.observations.at(-1)?.health).toEqual({
    probes: 0,
    failures: 0,
    unavailable: 'no such host',
  });
});

test('what instances use is asked for where a trigger wants it, of both slots; a provider that does not say is unavailable', async () => {
  const { deps, store } = await lab();
  const asked: string[] = [];
  const usage = (_: unknown, slot: string) => {
    asked.push(slot);
    return Promise.resolve({ at: Date.now(), instances: [] });
  };
  const telling = { ...deps, provider: { ...deps.provider, usage } };
  await activityOf('d').run(watch(telling), input(0));
  expect(asked).toEqual([]);
  const plan = { ...WATCH_PLAN, stepTimeoutMs: 0, triggers: { memory: { threshold: 1, windowMs: 1_000 } } };
  const empty = await activityOf('d').run(watch(telling), input(0, { plan }));
  expect([asked, empty.verdict.kind]).toEqual([[CANDIDATE.slot, STABLE.slot], 'inconclusive']);
  const looks = (await store.samples.list('')).flatMap(({ look }) => look?.observation.usage ?? []);
  expect(Object.keys(looks.at(-1)?.slots ?? {}).sort()).toEqual([STABLE.slot, CANDIDATE.slot]);
  const untold = await activityOf('d').run(watch(deps), input(0, { plan }));
  expect(untold.verdict).toEqual({
    kind: 'unavailable',
    reason: 'memory could not be measured: this provider does not say what instances use',
  });
});

test.each(['sample', 'query', 'health', 'usage'])(
  'interrupted while %s hangs and heeds no signal it ends at once, and keeps nothing of that look',
  async (port) => {
    const { deps, store } = await lab();
    let asked = false;
    const hangs = {
      [port]: () => {
        asked = true;
        return new Promise(() => undefined);
      },
    };
    const hanging = {
      ...deps,
      metrics: { ...deps.metrics, query: () => Promise.resolve(1), ...hangs },
      provider: {
        ...deps.provider,
        usage: () => Promise.resolve({ at: Date.now(), instances: [] }),
        ...hangs,
      },
    };
    const metrics = { orders: { query: 'orders', min: 1, windowMs: 1_000 } };
    const triggers = { memory: { threshold: 1, windowMs: 1_000 }, metrics };
    const { env, run } = activityOf('d');
    const of = { plan: { ...WATCH_PLAN, triggers }, stableLiveness: { path: '/health', timeoutMs: 1_000 } };
    const watching = run(watch(hanging), input(3_600_000, of));
    await expect.poll(() => asked).toBe(true);
    env.cancel();
    const { interrupted, evidence } = await watching;
    expect([interrupted, evidence.observations, await store.samples.list('')]).toEqual([true, [], []]);
  },
);
