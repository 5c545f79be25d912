import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Configuration } from '../../src/domain/plan.js';
import type { Provider } from '../../src/domain/ports.js';
import type { Release } from '../../src/domain/release.js';
import { digestOf } from '../../src/hash.js';

export const TARGET = { service: 'shop', environment: 'staging' } as const;

export interface ProviderHarness {
  readonly provider: Provider;
  /** The same world, seen by another worker. */
  readonly other: Provider;
  /** A release of the tests' service, which answers `/version`, `/ready`, `/fail` and `/hang`. */
  release(version: string): Promise<Release>;
  /** How to run it. */
  configuration(change?: Partial<Configuration>): Configuration;
  /** Ends an instance behind the provider's back. */
  kill(id: string): Promise<void>;
  /** Ids of the instances that have ever started, as they have counted themselves. */
  started(): Promise<readonly string[]>;
  /** How many of their processes live. */
  alive(): Promise<number>;
  end(): Promise<void>;
}

const never = new AbortController().signal;
const get = async (url: string, path: string): Promise<string> => (await fetch(`${url}${path}`)).text();

/** What every provider promises. */
export function providerContract(name: string, make: () => Promise<ProviderHarness>): void {
  describe(`${name}: provider`, () => {
    let h: ProviderHarness;
    let v1: Release;
    beforeEach(async () => {
      h = await make();
      v1 = await h.release('1.0.0');
    });
    afterEach(() => h.end());
    const ensure = (release = v1, configuration = h.configuration(), by = h.provider) =>
      by.ensure(TARGET, 'blue', release, configuration, never);

    test('ensure: that many instances answer when it returns, and observe tells the same', async () => {
      expect(await h.provider.observe(TARGET, never)).toEqual([]);
      const configuration = h.configuration({ replicas: 2 });
      const instances = await ensure(v1, configuration);
      const answers = await Promise.all(instances.map((i) => get(i.url, '/version')));
      expect(answers).toEqual(['1.0.0', '1.0.0']);
      const [slot, ...rest] = await h.other.observe(TARGET, never);
      expect(rest).toEqual([]);
      expect(slot).toEqual({
        slot: 'blue',
        release: v1.digest,
        version: '1.0.0',
        configuration: digestOf(configuration),
        instances,
      });
      expect(instances.map((i) => i.state)).toEqual(['ready', 'ready']);
    });

    test('ensure: twice is once, also by another worker and by two at the same time', async () => {
      const configuration = h.configuration({ replicas: 2 });
      const [a, b] = await Promise.all([ensure(v1, configuration), ensure(v1, configuration, h.other)]);
      expect(b).toEqual(a);
      expect(await ensure(v1, configuration)).toEqual(a);
      expect(await h.started()).toHaveLength(2);
      expect(await h.alive()).toBe(2);
    });

    test('ensure: another number touches the difference only', async () => {
      const one = await ensure();
      const three = await ensure(v1, h.configuration({ replicas: 3 }));
      expect(three).toHaveLength(3);
      expect(three).toContainEqual(one[0]);
      const two = await ensure(v1, h.configuration({ replicas: 2 }));
      expect(two).toHaveLength(2);
      for (const kept of two) expect(three).toContainEqual(kept);
      expect(await h.started()).toHaveLength(3);
      expect(await h.alive()).toBe(2);
    });

    test('ensure: another release or another configuration takes the place of all', async () => {
      const first = await ensure();
      const v2 = await h.release('2.0.0');
      const second = await ensure(v2);
      expect(await get(second[0]?.url ?? '', '/version')).toBe('2.0.0');
      const { environment } = h.configuration();
      const third = await ensure(v2, h.configuration({ environment: { ...environment, SAY: 'hello' } }));
      const ids = [first, second, third].map((instances) => instances[0]?.id);
      expect(new Set(ids).size).toBe(3);
      expect(await h.alive()).toBe(1);
    });

    test('slots stand side by side; remove empties one, twice is once, and one that is not there is removed', async () => {
      await ensure();
      const green = await h.provider.ensure(
        TARGET,
        'green',
        await h.release('2.0.0'),
        h.configuration(),
        never,
      );
      await h.provider.remove(TARGET, 'blue', never);
      await h.provider.remove(TARGET, 'blue', never);
      const left = await h.provider.observe(TARGET, never);
      expect(left.map((s) => [s.slot, s.instances])).toEqual([['green', green]]);
      await h.other.remove(TARGET, 'green', never);
      expect(await h.provider.observe(TARGET, never)).toEqual([]);
      expect(await h.alive()).toBe(0);
      await h.provider.remove({ service: 'nobody', environment: 'knows' }, 'blue', never);
    });

    test('observe reads the world: what ended behind its back is gone, and ensure starts that one anew', async () => {
      const configuration = h.configuration({ replicas: 3 });
      const before = await ensure(v1, configuration);
      const [lost] = before;
      await h.kill(lost?.id ?? '');
      const [slot] = await h.provider.observe(TARGET, never);
      const states = new Map(slot?.instances.map((i) => [i.id, i.state]));
      expect(states.get(lost?.id ?? '')).toBe('gone');
      expect([...states.values()].sort()).toEqual(['gone', 'ready', 'ready']);
      const after = await ensure(v1, configuration);
      expect(
        after.filter((i) => before.some((b) => b.id === i.id && b.startedAt === i.startedAt)),
      ).toHaveLength(2);
      expect(await h.started()).toHaveLength(4);
      expect(await h.alive()).toBe(3);
    });

    test('health: one probe an instance; an answer other than 2xx, silence, a lost instance and nothing at all are failures', async () => {
      const health = (path: string, timeoutMs = 1_000) =>
        h.provider.health(TARGET, 'blue', { path, timeoutMs }, never);
      expect(await health('/ready')).toMatchObject({ probes: 1, failures: 1 });
      const [lost] = await ensure(v1, h.configuration({ replicas: 2 }));
      expect(await health('/ready')).toEqual({ probes: 2, failures: 0 });
      expect(await health('/fail')).toMatchObject({ probes: 2, failures: 2 });
      const silent = await health('/hang', 100);
      expect(silent).toMatchObject({ probes: 2, failures: 2 });
      expect(silent.note).toContain('100 ms');
      await h.kill(lost?.id ?? '');
      expect(await health('/ready')).toMatchObject({ probes: 2, failures: 1 });
    });

    test('an abort is heeded: nothing is done for whoever has given up', async () => {
      await ensure();
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      for (const call of [
        () => h.provider.observe(TARGET, stop.signal),
        () => h.provider.health(TARGET, 'blue', { path: '/ready', timeoutMs: 100 }, stop.signal),
        () => h.provider.ensure(TARGET, 'green', v1, h.configuration(), stop.signal),
        () => h.provider.remove(TARGET, 'blue', stop.signal),
      ])
        await expect(call()).rejects.toThrow('enough');
      expect((await h.provider.observe(TARGET, never)).map((s) => s.slot)).toEqual(['blue']);
      expect(await h.started()).toHaveLength(1);
      expect(await h.alive()).toBe(1);
    });
  });
}
