import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { FULL } from '../domain/plan.js';
import { windowOf } from '../domain/window.js';
import type { Counters, Observation } from '../domain/watching.js';
import { row, type Check } from './check.js';
import { BLUE, GREEN, TARGET, ask, backend, giveUp, never, splitTo, type MetricsHarness } from './world.js';

type Both = Readonly<Record<'blue' | 'green', Counters>>;
interface Counting extends MetricsHarness {
  readonly address: string;
  /** The member in blue. */
  readonly blue: Awaited<ReturnType<typeof backend>>;
}

async function counters({ metrics }: MetricsHarness): Promise<Both> {
  const { counters: all } = await metrics.sample(TARGET, never);
  const of = (slot: string): Counters => {
    const [one, ...rest] = all.filter((c) => c.slot === slot);
    if (one === undefined || rest.length > 0) throw new Error(`${slot}: ${JSON.stringify(all)}`);
    return one;
  };
  return { blue: of('blue'), green: of('green') };
}
async function times(n: number, { address }: Counting, path: string): Promise<void> {
  for (let i = 0; i < n; i++) await ask(address, path);
}
const said = ({ release, requests, errors }: Counters): readonly unknown[] => [release, requests, errors];

const observed = async ({ metrics }: MetricsHarness): Promise<Observation> => ({
  ...(await metrics.sample(TARGET, never)),
  health: { probes: 0, failures: 0 },
});
/** Requests and errors of blue, as a watch counts them over these looks. */
function seenIn(looks: readonly Observation[]): readonly unknown[] {
  const window = windowOf(looks, WINDOW_MS, { release: BLUE, slot: 'blue' });
  return [window?.requests, window?.errors];
}
const WINDOW_MS = 600_000;

/** A check on a router that all users reach blue by. */
function counting(name: string, run: (h: Counting) => Promise<void>): Check<MetricsHarness> {
  return {
    name,
    async run(h) {
      const [blue, green] = await Promise.all([backend('blue'), backend('green')]);
      try {
        const { address } = await h.router.open(TARGET, undefined, never);
        await h.router.admit(TARGET, 'blue', BLUE, [blue.url], never);
        await h.router.admit(TARGET, 'green', GREEN, [green.url], never);
        await h.router.split(TARGET, splitTo(0), never);
        // Not spread out: a harness may be an object of a class.
        await run(Object.assign(Object.create(h) as MetricsHarness, { address, blue }));
      } finally {
        for (const { server } of [blue, green]) server.close().closeAllConnections();
      }
    },
  };
}

/** What every metric source promises: cumulative counters of what users met, by release and slot. */
export const metricsChecks: readonly Check<MetricsHarness>[] = [
  counting('a slot that got nothing has counters at 0 and not none', async (h) => {
    assert.deepEqual(said((await counters(h)).green), [GREEN, 0, 0]);
  }),
  counting('requests and errors are counted where they went, once each, and never go back', async (h) => {
    await times(5, h, '/');
    await times(2, h, '/fail');
    await h.router.split(TARGET, splitTo(FULL), never);
    await times(3, h, '/fail');
    await times(1, h, '/');
    const { blue, green } = await counters(h);
    assert.deepEqual(
      [said(blue), said(green)],
      [
        [BLUE, 7, 2],
        [GREEN, 4, 3],
      ],
    );
    assert.equal(blue.epoch, green.epoch);
    await h.router.split(TARGET, splitTo(0), never);
    await times(1, h, '/');
    const later = (await counters(h)).blue;
    assert.deepEqual([said(later), later.epoch], [[BLUE, 8, 2], blue.epoch]);
  }),
  counting(
    'latency: cumulative counts by ascending bounds in milliseconds, the last without a bound',
    async (h) => {
      await times(4, h, '/');
      await times(2, h, '/slow');
      const { latency, requests } = (await counters(h)).blue;
      assert.deepEqual(latency.at(-1), { leMs: null, count: requests });
      const bounds = latency.slice(0, -1).map((l) => l.leMs ?? Number.NaN);
      const counts = latency.map((l) => l.count);
      for (const rising of [bounds, counts])
        assert.deepEqual(
          rising,
          rising.toSorted((a, b) => a - b),
        );
      // The slow ones took half a second and the others far less.
      const at = (ms: number): number | undefined =>
        latency.findLast((l) => l.leMs !== null && l.leMs <= ms)?.count;
      assert.deepEqual([at(400), at(5_000)], [4, 6]);
    },
  ),
  counting(
    'a request whose user gave up is no sample: it says neither that the release is well nor that it is not',
    async (h) => {
      await times(1, h, '/');
      for (let i = 0; i < 3; i++) await giveUp(h.address, '/hang');
      const ended = async (): Promise<number | undefined> => (await counters(h)).blue.latency.at(-1)?.count;
      for (let left = 40; (await ended()) !== 4 && left > 0; left--) await sleep(50);
      assert.equal(await ended(), 4);
      assert.deepEqual(said((await counters(h)).blue), [BLUE, 1, 0]);
    },
  ),
  counting('a source that tells users apart counts as bad once whose every request fails', async (h) => {
    if ((await counters(h)).blue.atRisk === undefined) return;
    const atRisk = async (): Promise<unknown> => {
      const { blue, green } = await counters(h);
      return [blue.atRisk, green.atRisk];
    };
    const before = await atRisk();
    // While all users are with one slot nobody is told apart.
    await times(2, h, '/fail');
    assert.deepEqual(await atRisk(), before);
    await h.router.split(TARGET, splitTo(FULL / 2), never);
    const users = Array.from({ length: 20 }, (_, i) => `user-${String(i)}`);
    for (const user of users)
      for (const path of ['/', '/fail', '/fail', '/']) await ask(h.address, path, { 'x-user': user });
    const { blue, green } = await counters(h);
    assert.equal((blue.atRisk?.requests ?? 0) + (green.atRisk?.requests ?? 0), 2 * users.length);
    assert.equal((blue.atRisk?.errors ?? 0) + (green.atRisk?.errors ?? 0), users.length);
    assert.ok((blue.atRisk?.errors ?? 0) > 0 && (green.atRisk?.errors ?? 0) > 0);
    // Another share tells the same users apart, another deployment begins anew.
    await h.router.split(TARGET, splitTo(FULL / 4), never);
    for (const user of users) await ask(h.address, '/', { 'x-user': user });
    assert.deepEqual(await atRisk(), [blue.atRisk, green.atRisk]);
    await h.router.split(TARGET, splitTo(FULL / 4, 'deployment/shop/staging/2'), never);
    for (const user of users) await ask(h.address, '/', { 'x-user': user });
    const [ours, theirs] = (await atRisk()) as readonly { requests: number }[];
    assert.equal((ours?.requests ?? 0) + (theirs?.requests ?? 0), 3 * users.length);
  }),
  counting('a member that does not answer is an error', async (h) => {
    h.blue.server.close().closeAllConnections();
    await times(2, h, '/');
    assert.deepEqual(said((await counters(h)).blue), [BLUE, 2, 2]);
  }),
  counting('a new start of what counts neither loses nor doubles anything', async (h) => {
    await times(3, h, '/');
    const from = Date.now();
    const { at } = await h.metrics.sample(TARGET, never);
    assert.ok(at >= from - 5 && at <= Date.now() + 5, `scraped at ${String(at)}, asked at ${String(from)}`);
    const looks = [await observed(h)];
    await h.restart();
    looks.push(await observed(h));
    assert.deepEqual(seenIn(looks), [0, 0]);
    await times(2, h, '/');
    looks.push(await observed(h));
    assert.deepEqual(seenIn(looks), [2, 0]);
  }),
  counting('silence is metrics.unavailable and never an empty sample', async (h) => {
    const unavailable = row('metrics.unavailable');
    const other = { service: 'other', environment: 'staging' };
    await assert.rejects(h.metrics.sample(other, never), unavailable);
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await assert.rejects(async () => h.metrics.sample(TARGET, stop.signal), /enough/);
    await h.kill();
    await assert.rejects(h.metrics.sample(TARGET, never), unavailable);
  }),
];
