import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { windowOf } from '../../src/domain/judgement.js';
import type { Counters, Observation } from '../../src/domain/watching.js';
import { BLUE, GREEN, TARGET, ask, backend, giveUp, never, splitTo, type RouterHarness } from './routing.js';

/** What every metric source promises: cumulative counters of what users met, by release and slot. */
export function metricsContract(name: string, make: () => Promise<RouterHarness>): void {
  describe(`${name}: metric source`, () => {
    let h: RouterHarness;
    let address: string;
    let blue: Awaited<ReturnType<typeof backend>>;
    let green: Awaited<ReturnType<typeof backend>>;
    beforeEach(async () => {
      [h, blue, green] = await Promise.all([make(), backend('blue'), backend('green')]);
      ({ address } = await h.router.open(TARGET, undefined, never));
      await h.router.admit(TARGET, 'blue', BLUE, [blue.url], never);
      await h.router.admit(TARGET, 'green', GREEN, [green.url], never);
      await h.router.split(TARGET, splitTo(0), never);
    });
    afterEach(async () => {
      for (const { server } of [blue, green]) server.close().closeAllConnections();
      await h.end();
    });
    async function counters(): Promise<Record<'blue' | 'green', Counters>> {
      const { counters: all } = await h.metrics.sample(TARGET, never);
      const of = (slot: string): Counters => {
        const [one, ...rest] = all.filter((c) => c.slot === slot);
        if (one === undefined || rest.length > 0) throw new Error(`${slot}: ${JSON.stringify(all)}`);
        return one;
      };
      return { blue: of('blue'), green: of('green') };
    }
    const observed = async (): Promise<Observation> => ({
      ...(await h.metrics.sample(TARGET, never)),
      health: { probes: 0, failures: 0 },
    });
    const within = (looks: readonly Observation[]) =>
      windowOf(looks, 600_000, { release: BLUE, slot: 'blue' });
    const times = async (n: number, path: string): Promise<void> => {
      for (let i = 0; i < n; i++) await ask(address, path);
    };

    test('a slot that got nothing has counters at 0 and not none', async () => {
      const { green: none } = await counters();
      expect(none).toMatchObject({ release: GREEN, slot: 'green', requests: 0, errors: 0 });
    });

    test('requests and errors are counted where they went, once each, and never go back', async () => {
      await times(5, '/');
      await times(2, '/fail');
      await h.router.split(TARGET, splitTo(10_000), never);
      await times(3, '/fail');
      await times(1, '/');
      const { blue: b, green: g } = await counters();
      expect(b).toMatchObject({ release: BLUE, requests: 7, errors: 2 });
      expect(g).toMatchObject({ release: GREEN, requests: 4, errors: 3 });
      expect(b.epoch).toBe(g.epoch);
      await h.router.split(TARGET, splitTo(0), never);
      await times(1, '/');
      expect((await counters()).blue).toMatchObject({ requests: 8, errors: 2, epoch: b.epoch });
    });

    test('latency: cumulative counts by ascending bounds in milliseconds, the last without a bound', async () => {
      await times(4, '/');
      await times(2, '/slow');
      const { latency, requests } = (await counters()).blue;
      expect(latency.at(-1)).toEqual({ leMs: null, count: requests });
      const bounds = latency.slice(0, -1).map((l) => l.leMs ?? Number.NaN);
      expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
      const counts = latency.map((l) => l.count);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      // The slow ones took half a second and the others far less.
      const at = (ms: number) => latency.findLast((l) => l.leMs !== null && l.leMs <= ms)?.count;
      expect([at(400), at(5_000)]).toEqual([4, 6]);
    });

    test('a request whose user gave up is no sample: it says neither that the release is well nor that it is not', async () => {
      await times(1, '/');
      for (let i = 0; i < 3; i++) await giveUp(address, '/hang');
      await expect.poll(async () => (await counters()).blue.latency.at(-1)?.count).toBe(4);
      expect((await counters()).blue).toMatchObject({ requests: 1, errors: 0 });
    });

    test('a member that does not answer is an error', async () => {
      blue.server.close().closeAllConnections();
      await times(2, '/');
      expect((await counters()).blue).toMatchObject({ requests: 2, errors: 2 });
    });

    test('each sample says when it was scraped, and a new start of what counts neither loses nor doubles anything', async () => {
      await times(3, '/');
      const from = Date.now();
      const { at } = await h.metrics.sample(TARGET, never);
      expect(at).toBeGreaterThanOrEqual(from - 5);
      expect(at).toBeLessThanOrEqual(Date.now() + 5);
      const before = await observed();
      await h.restart();
      const after = await observed();
      expect(within([before, after])).toMatchObject({ requests: 0, errors: 0 });
      await times(2, '/');
      expect(within([before, after, await observed()])).toMatchObject({ requests: 2, errors: 0 });
    });

    test('silence is metrics.unavailable and never an empty sample', async () => {
      const other = { service: 'other', environment: 'staging' };
      const unavailable = { name: 'ShipwayError', type: 'metrics.unavailable' };
      await expect(h.metrics.sample(other, never)).rejects.toMatchObject(unavailable);
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      await expect(h.metrics.sample(TARGET, stop.signal)).rejects.toThrow('enough');
      await h.kill();
      await expect(h.metrics.sample(TARGET, never)).rejects.toMatchObject(unavailable);
    });
  });
}
