import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bucketOf } from '../../src/domain/buckets.js';
import { FULL } from '../../src/domain/plan.js';
import {
  BLUE,
  GREEN,
  TARGET,
  ask,
  backend,
  never,
  splitTo,
  twice,
  type RouterHarness,
} from '../../src/testing/world.js';
import type { Ending } from './contract.js';
import { landed, usersOf } from './users.js';

const USERS = 600;
/** Where each of many users lands. */
async function users(address: string): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < USERS; i += 50)
    found.push(
      ...(await Promise.all(
        Array.from(
          { length: 50 },
          async (_, k) => (await ask(address, '/', { 'x-user': `u${String(i + k)}` })).body,
        ),
      )),
    );
  return found;
}

/** What every router promises of users' requests. */
export function trafficContract(name: string, make: () => Promise<RouterHarness & Ending>): void {
  describe(`${name}: traffic`, () => {
    let h: RouterHarness & Ending;
    let blue: Awaited<ReturnType<typeof backend>>;
    let green: Awaited<ReturnType<typeof backend>>;
    beforeEach(async () => {
      [h, blue, green] = await Promise.all([make(), backend('blue'), backend('green')]);
    });
    afterEach(async () => {
      for (const { server } of [blue, green]) server.close().closeAllConnections();
      await h.end();
    });
    const refused = { name: 'ShipwayError', type: 'router.refused' };
    const unavailable = { name: 'ShipwayError', type: 'router.unavailable' };
    async function opened(): Promise<string> {
      const { address } = await h.router.open(TARGET, undefined, never);
      await h.router.admit(TARGET, 'blue', BLUE, [blue.url], never);
      await h.router.admit(TARGET, 'green', GREEN, [green.url], never);
      await h.router.split(TARGET, splitTo(0), never);
      return address;
    }

    /** A slow request is under way in green, where nobody is sent any more. */
    async function leftBusy(): Promise<{ readonly slow: ReturnType<typeof ask> }> {
      const address = await opened();
      await h.router.split(TARGET, splitTo(FULL), never);
      const slow = ask(address, '/slow');
      while (green.seen() === 0) await new Promise((r) => setTimeout(r, 5));
      await h.router.split(TARGET, splitTo(0), never);
      return { slow };
    }

    test('open: a port that is taken is refused', async () => {
      const taken = Number(new URL(blue.url).port);
      const other = { service: 'other', environment: 'staging' };
      await expect(h.router.open(other, taken, never)).rejects.toMatchObject(refused);
      expect(await h.router.observe(other, never)).toBeUndefined();
    });

    test('admit: nobody is sent anywhere else by it', async () => {
      const address = await opened();
      await h.router.admit(TARGET, 'green', GREEN, [green.url, blue.url], never);
      expect(new Set(await users(address))).toEqual(new Set(['blue']));
    });

    test('split: users go by the shares, each to the same slot every time, and a growing share only adds', async () => {
      const address = await opened();
      const counts: number[] = [];
      let before = new Set<number>();
      for (const share of [0, 1_000, 2_500, 5_000, FULL]) {
        await twice(() => h.router.split(TARGET, splitTo(share), never));
        const found = await users(address);
        expect(await users(address)).toEqual(found);
        const now = new Set(found.flatMap((where, i) => (where === 'green' ? [i] : [])));
        for (const user of before) expect(now.has(user)).toBe(true);
        before = now;
        counts.push(now.size / USERS);
      }
      const [none, tenth, quarter, half, all] = counts;
      expect([none, all]).toEqual([0, 1]);
      // Four standard deviations of a binomial with 600 tries.
      expect(tenth).toBeCloseTo(0.1, 1);
      expect(Math.abs((quarter ?? 0) - 0.25)).toBeLessThan(0.071);
      expect(Math.abs((half ?? 0) - 0.5)).toBeLessThan(0.082);
    });

    test('split: another salt draws the users anew', async () => {
      const address = await opened();
      await h.router.split(TARGET, splitTo(5_000, 'one'), never);
      const first = await users(address);
      await h.router.split(TARGET, splitTo(5_000, 'two'), never);
      const moved = (await users(address)).filter((where, i) => where !== first[i]).length;
      expect(moved / USERS).toBeGreaterThan(0.35);
    });

    test('split: a user is the same one to every router, whatever the key comes as', async () => {
      const address = await opened();
      const [salt, share] = ['deployment/shop/staging/7', FULL / 2];
      const placed = (key: string): string =>
        bucketOf(salt, Buffer.from(key, 'latin1')) < share ? 'green' : 'blue';
      const userKey = [{ header: 'x-user' }, { cookie: 'session' }];
      await h.router.split(TARGET, { ...splitTo(share, salt), userKey }, never);
      const users = Array.from({ length: 8 }, (_, n) => usersOf(n)).flat();
      const found = [];
      for (const { what, headers } of users) found.push([what, await landed(address, headers)]);
      expect(found).toEqual(users.map(({ what, key }) => [what, { body: placed(key) }]));
      // Every length that the hash takes in another way.
      for (const key of Array.from({ length: 40 }, (_, i) => `user-${'x'.repeat(i)}`))
        expect([key, await landed(address, ['x-user', key])]).toEqual([key, { body: placed(key) }]);
      await h.router.split(TARGET, { ...splitTo(share, salt), userKey: [{ header: 'x.user' }] }, never);
      for (const key of ['a', 'b', 'c', 'd', 'e', 'f'])
        expect(await landed(address, ['x.user', key])).toEqual({ body: placed(key) });
    });

    test('split: a user without a key is kept in place by the router itself', async () => {
      const address = await opened();
      await h.router.split(TARGET, splitTo(5_000), never);
      for (let i = 0; i < 20; i++) {
        const { body, cookie } = await ask(address);
        for (let again = 0; again < 3; again++)
          expect((await ask(address, '/', { cookie: cookie ?? '' })).body).toBe(body);
      }
    });

    test('split: one that is refused moves nobody', async () => {
      const address = await opened();
      const half = { ...splitTo(0), shares: { blue: 5_000, green: 4_000 } };
      await expect(h.router.split(TARGET, half, never)).rejects.toMatchObject(refused);
      expect((await ask(address)).body).toBe('blue');
    });

    test('split: no request is dropped while shares and members change', async () => {
      const address = await opened();
      let on = true;
      const statuses: number[] = [];
      const load = Array.from({ length: 8 }, async (_, n) => {
        for (let i = 0; on; i++)
          statuses.push((await ask(address, '/', { 'x-user': `${String(n)}-${String(i)}` })).status);
      });
      for (let i = 0; i < 40; i++) {
        await h.router.split(TARGET, splitTo((i % 5) * 2_500), never);
        await h.router.admit(TARGET, 'green', GREEN, i % 2 ? [green.url] : [green.url, blue.url], never);
      }
      on = false;
      await Promise.all(load);
      expect(statuses.length).toBeGreaterThan(50);
      expect(statuses.filter((s) => s !== 200)).toEqual([]);
    });

    test('drain: tells what is left when the time is over, and waits until nothing is', async () => {
      const { slow } = await leftBusy();
      expect(await h.router.drain(TARGET, 'green', 50, never)).toEqual({ inflight: 1 });
      expect(await h.router.drain(TARGET, 'green', 5_000, never)).toEqual({ inflight: 0 });
      await h.router.withdraw(TARGET, 'green', never);
      expect(await slow).toMatchObject({ status: 200, body: 'green' });
    });

    test('drain, of a slot with users: waits for the members that were taken out, and for no other', async () => {
      const address = await opened();
      const other = await backend('other');
      try {
        const leaving = ask(address, '/slow');
        while (blue.seen() === 0) await new Promise((r) => setTimeout(r, 5));
        await h.router.admit(TARGET, 'blue', BLUE, [other.url], never);
        expect(await h.router.drain(TARGET, 'blue', 10, never)).toEqual({ inflight: 1 });
        const leave = new AbortController();
        const staying = fetch(`${address}/hang`, { signal: leave.signal }).catch(() => 'left');
        while (other.seen() === 0) await new Promise((r) => setTimeout(r, 5));
        expect(await h.router.drain(TARGET, 'blue', 5_000, never)).toEqual({ inflight: 0 });
        expect(await leaving).toMatchObject({ status: 200, body: 'blue' });
        leave.abort();
        expect(await staying).toBe('left');
        expect(new Set(await users(address))).toEqual(new Set(['other']));
      } finally {
        other.server.close().closeAllConnections();
      }
    });

    test('admit, none: users get 503 until there are some again', async () => {
      const address = await opened();
      await h.router.admit(TARGET, 'blue', BLUE, [], never);
      expect((await ask(address)).status).toBe(503);
      await h.router.admit(TARGET, 'blue', BLUE, [blue.url], never);
      expect(await ask(address)).toMatchObject({ status: 200, body: 'blue' });
    });

    test('close: the address is gone', async () => {
      const address = await opened();
      await h.router.close(TARGET, never);
      await expect(ask(address)).rejects.toThrow();
    });

    test('a router that was killed comes back with everything it had acknowledged', async () => {
      const address = await opened();
      await h.router.split(TARGET, splitTo(2_500), never);
      const state = await h.router.observe(TARGET, never);
      const found = await users(address);
      await h.restart();
      expect(await h.router.observe(TARGET, never)).toEqual(state);
      expect(await users(address)).toEqual(found);
    });

    test('a router that does not answer is unavailable, in every method and quickly', async () => {
      await opened();
      await h.kill();
      const { router } = h;
      for (const call of [
        () => router.observe(TARGET, never),
        () => router.open(TARGET, undefined, never),
        () => router.admit(TARGET, 'blue', BLUE, [blue.url], never),
        () => router.split(TARGET, splitTo(0), never),
        () => router.drain(TARGET, 'blue', 100, never),
        () => router.withdraw(TARGET, 'green', never),
        () => router.close(TARGET, never),
      ]) {
        const from = Date.now();
        await expect(call()).rejects.toMatchObject(unavailable);
        expect(Date.now() - from).toBeLessThan(2_000);
      }
    });

    test('an abort is heeded at once', async () => {
      const { slow } = await leftBusy();
      const stop = new AbortController();
      const draining = h.router.drain(TARGET, 'green', 5_000, stop.signal);
      setTimeout(() => {
        stop.abort(new Error('enough'));
      }, 50);
      await expect(draining).rejects.toThrow('enough');
      await expect(h.router.split(TARGET, splitTo(FULL), stop.signal)).rejects.toThrow('enough');
      expect((await h.router.observe(TARGET, never))?.shares).toMatchObject({ blue: FULL });
      expect((await slow).status).toBe(200);
    });
  });
}
