import assert from 'node:assert/strict';
import type { Configuration } from '../domain/plan.js';
import type { HealthReport, Instance, Provider } from '../domain/ports.js';
import type { Release } from '../domain/release.js';
import { digestOf } from '../hash.js';
import { heeded, type Check } from './check.js';
import { TARGET, ask, never } from './world.js';

export interface ProviderHarness {
  readonly provider: Provider;
  /** The same world, seen by another worker. */
  readonly other: Provider;
  /** A release, the same for the same version, of a service that answers `/version` with its version, `/ready` with 200, `/fail` with 500 and `/hang` never. */
  release(version: string): Promise<Release>;
  /** How to run it. A variable `SAY` more is another configuration of the same. */
  configuration(change?: Partial<Configuration>): Configuration;
  /** Ends an instance behind the provider's back. */
  kill(id: string): Promise<void>;
  /** Ids of the instances that have ever started, as they have counted themselves. */
  started(): Promise<readonly string[]>;
  /** How many of their processes live. */
  alive(): Promise<number>;
}

async function ensured(
  h: ProviderHarness,
  change: Partial<Configuration> = {},
  { release, by = h.provider }: { readonly release?: Release; readonly by?: Provider } = {},
): Promise<readonly Instance[]> {
  const of = release ?? (await h.release('1.0.0'));
  return by.ensure(TARGET, 'blue', of, h.configuration(change), never);
}
const versionOf = async (instance: Instance | undefined): Promise<string> =>
  (await ask(instance?.url ?? '', '/version')).body;
const idsOf = (instances: readonly Instance[]): readonly string[] => instances.map(({ id }) => id);
const count = async (h: ProviderHarness, started: number, alive: number): Promise<void> => {
  assert.deepEqual([(await h.started()).length, await h.alive()], [started, alive]);
};
const looked = ({ probes, failures }: HealthReport): readonly number[] => [probes, failures];

/** What a provider promises that carries `per_instance`. */
export const perInstanceProviderChecks: readonly Check<ProviderHarness>[] = [
  {
    name: 'ensure, fewer than run: those stay that are named',
    async run(h) {
      const [release, three] = [await h.release('1.0.0'), h.configuration({ replicas: 3 })];
      const all = idsOf(await h.provider.ensure(TARGET, 'blue', release, three, never));
      const ensure = (n: number, stay: readonly string[]): Promise<readonly Instance[]> =>
        h.provider.ensure(TARGET, 'blue', release, three, never, n, stay);
      const [first = '', , last = ''] = all;
      assert.deepEqual(idsOf(await ensure(2, [last, first])).toSorted(), [first, last].toSorted());
      assert.deepEqual(idsOf(await ensure(1, [last])), [last]);
      await count(h, 3, 1);
    },
  },
  {
    name: 'ensure, fewer than the configuration has: the first stay, in the order of observe; with none it is empty, and all come again',
    async run(h) {
      const [release, three] = [await h.release('1.0.0'), h.configuration({ replicas: 3 })];
      const ensure = (count?: number): Promise<readonly Instance[]> =>
        h.provider.ensure(TARGET, 'blue', release, three, never, count);
      const now = async (): Promise<readonly Instance[]> =>
        (await h.provider.observe(TARGET, never))[0]?.instances ?? [];
      await ensure();
      const all = await now();
      for (const few of [2, 2, 1]) {
        assert.deepEqual(await ensure(few), all.slice(0, few));
        assert.deepEqual(await now(), all.slice(0, few));
      }
      const [slot] = await h.other.observe(TARGET, never);
      assert.equal(slot?.configuration, digestOf(three));
      const { probes, failures } = await h.provider.health(TARGET, 'blue', PROBE, never);
      assert.deepEqual([probes, failures], [1, 0]);
      const more = await ensure(2);
      assert.deepEqual([more[0], (await now()).length], [all[0], 2]);
      await count(h, 4, 2);
      assert.deepEqual(await ensure(0), []);
      assert.deepEqual(await now(), []);
      await count(h, 4, 0);
      assert.equal((await ensure()).length, 3);
    },
  },
];
const PROBE = { path: '/ready', timeoutMs: 1_000 };

/** What every provider promises. */
export const providerChecks: readonly Check<ProviderHarness>[] = [
  {
    name: 'ensure: that many instances answer when it returns, and observe tells the same',
    async run(h) {
      assert.deepEqual(await h.provider.observe(TARGET, never), []);
      const instances = await ensured(h, { replicas: 2 });
      assert.deepEqual(await Promise.all(instances.map(versionOf)), ['1.0.0', '1.0.0']);
      const { digest: release } = await h.release('1.0.0');
      const configuration = digestOf(h.configuration({ replicas: 2 }));
      assert.deepEqual(await h.other.observe(TARGET, never), [
        { slot: 'blue', release, version: '1.0.0', configuration, instances },
      ]);
      assert.deepEqual(
        instances.map((i) => i.state),
        ['ready', 'ready'],
      );
    },
  },
  {
    name: 'ensure: twice is once, also by another worker and by two at the same time',
    async run(h) {
      const [two, release] = [{ replicas: 2 }, await h.release('1.0.0')];
      const both = [h.provider, h.other].map((by) => ensured(h, two, { release, by }));
      const [a, b] = await Promise.all(both);
      assert.deepEqual(b, a);
      assert.deepEqual(await ensured(h, two, { release }), a);
      await count(h, 2, 2);
    },
  },
  {
    name: 'ensure: another number touches the difference only',
    async run(h) {
      const [one] = await ensured(h);
      const three = await ensured(h, { replicas: 3 });
      assert.equal(three.length, 3);
      assert.deepEqual(
        three.find((i) => i.id === one?.id),
        one,
      );
      const two = await ensured(h, { replicas: 2 });
      assert.equal(two.length, 2);
      for (const kept of two)
        assert.deepEqual(
          three.find((i) => i.id === kept.id),
          kept,
        );
      await count(h, 3, 2);
    },
  },
  {
    name: 'ensure: another release or another configuration takes the place of all',
    async run(h) {
      const first = await ensured(h);
      const release = await h.release('2.0.0');
      const second = await ensured(h, {}, { release });
      assert.equal(await versionOf(second[0]), '2.0.0');
      const environment = { ...h.configuration().environment, SAY: 'hello' };
      const third = await ensured(h, { environment }, { release });
      assert.equal(new Set([first, second, third].flatMap(idsOf)).size, 3);
      assert.equal(await h.alive(), 1);
    },
  },
  {
    name: 'slots stand side by side; remove empties one, twice is once, and one that is not there is removed',
    async run(h) {
      await ensured(h);
      const two = await h.release('2.0.0');
      const green = await h.provider.ensure(TARGET, 'green', two, h.configuration(), never);
      await h.provider.remove(TARGET, 'blue', never);
      await h.provider.remove(TARGET, 'blue', never);
      const left = await h.provider.observe(TARGET, never);
      assert.deepEqual(
        left.map((s) => [s.slot, s.instances]),
        [['green', green]],
      );
      await h.other.remove(TARGET, 'green', never);
      assert.deepEqual(await h.provider.observe(TARGET, never), []);
      assert.equal(await h.alive(), 0);
      await h.provider.remove({ service: 'nobody', environment: 'knows' }, 'blue', never);
    },
  },
  {
    name: 'observe reads the world: what ended behind its back is gone, and ensure starts that one anew',
    async run(h) {
      const before = await ensured(h, { replicas: 3 });
      const lost = before[0]?.id ?? '';
      await h.kill(lost);
      const [slot] = await h.provider.observe(TARGET, never);
      const states = slot?.instances.map((i) => (i.id === lost ? `lost: ${i.state}` : i.state)) ?? [];
      assert.deepEqual(states.sort(), ['lost: gone', 'ready', 'ready']);
      const after = await ensured(h, { replicas: 3 });
      const same = after.filter((i) => before.some((b) => b.id === i.id && b.startedAt === i.startedAt));
      assert.equal(same.length, 2);
      await count(h, 4, 3);
    },
  },
  {
    name: 'health: one probe an instance; an answer other than 2xx, silence, a lost instance and nothing at all are failures',
    async run(h) {
      const health = (path: string, timeoutMs = 1_000): Promise<HealthReport> =>
        h.provider.health(TARGET, 'blue', { path, timeoutMs }, never);
      assert.deepEqual(looked(await health('/ready')), [1, 1]);
      const [lost] = await ensured(h, { replicas: 2 });
      assert.deepEqual(await health('/ready'), { probes: 2, failures: 0 });
      assert.deepEqual(looked(await health('/fail')), [2, 2]);
      const silent = await health('/hang', 100);
      assert.deepEqual(looked(silent), [2, 2]);
      assert.match(silent.note ?? '', /100 ms/);
      await h.kill(lost?.id ?? '');
      assert.deepEqual(looked(await health('/ready')), [2, 1]);
    },
  },
  {
    name: 'an abort is heeded: nothing is done for whoever has given up',
    async run(h) {
      const { provider } = h;
      const one = await h.release('1.0.0');
      await ensured(h);
      await heeded([
        (signal) => provider.observe(TARGET, signal),
        (signal) => provider.health(TARGET, 'blue', { path: '/ready', timeoutMs: 100 }, signal),
        (signal) => provider.ensure(TARGET, 'green', one, h.configuration(), signal),
        (signal) => provider.remove(TARGET, 'blue', signal),
      ]);
      const there = await provider.observe(TARGET, never);
      assert.deepEqual(
        there.map((s) => s.slot),
        ['blue'],
      );
      await count(h, 1, 1);
    },
  },
];
