import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import type { Split } from '../../src/domain/ports.js';
import { BLUE, GREEN, TARGET, never, splitTo, twice, type RouterHarness } from './routing.js';

const [BLUE_URL, GREEN_URL] = ['http://127.0.0.1:1', 'http://127.0.0.1:2'];

/** What every router promises to whoever tells it where users go; that they go there is in `trafficContract`. */
export function routerContract(
  name: string,
  make: () => Promise<Pick<RouterHarness, 'router' | 'end'>>,
): void {
  describe(`${name}: router`, () => {
    let h: Pick<RouterHarness, 'router' | 'end'>;
    beforeEach(async () => {
      h = await make();
    });
    afterEach(() => h.end());
    const refused = { name: 'ShipwayError', type: 'router.refused' };
    const observed = () => h.router.observe(TARGET, never);
    async function opened(): Promise<string> {
      const { address } = await h.router.open(TARGET, undefined, never);
      await h.router.admit(TARGET, 'blue', BLUE, [BLUE_URL], never);
      await h.router.admit(TARGET, 'green', GREEN, [GREEN_URL], never);
      await h.router.split(TARGET, splitTo(0), never);
      return address;
    }

    test('what it does not know: observed as unknown, closed and withdrawn already, nothing in flight', async () => {
      expect(await observed()).toBeUndefined();
      await h.router.close(TARGET, never);
      await h.router.withdraw(TARGET, 'blue', never);
      expect(await h.router.drain(TARGET, 'blue', 100, never)).toEqual({ inflight: 0 });
      await expect(h.router.split(TARGET, splitTo(0), never)).rejects.toMatchObject(refused);
      await expect(h.router.admit(TARGET, 'blue', BLUE, [BLUE_URL], never)).rejects.toMatchObject(refused);
      expect(await observed()).toBeUndefined();
    });

    test('open: the address stays, twice is once', async () => {
      const first = await h.router.open(TARGET, 0, never);
      expect(await h.router.open(TARGET, undefined, never)).toEqual(first);
      expect(await observed()).toEqual({ address: first.address, shares: {}, members: {}, releases: {} });
    });

    test('admit: sets members and release and changes no share', async () => {
      const address = await opened();
      const members = [GREEN_URL, BLUE_URL];
      await twice(() => h.router.admit(TARGET, 'green', GREEN, members, never));
      expect(await observed()).toEqual({
        address,
        shares: { blue: FULL, green: 0 },
        members: { blue: [BLUE_URL], green: members },
        releases: { blue: BLUE, green: GREEN },
      });
    });

    test('split: sets all shares at once, twice is once', async () => {
      await opened();
      await twice(() => h.router.split(TARGET, splitTo(2_500), never));
      expect((await observed())?.shares).toEqual({ blue: 7_500, green: 2_500 });
    });

    test('split: shares that are not everything, and a slot that is not admitted, are refused; nothing changes', async () => {
      await opened();
      const half: Split = { ...splitTo(0), shares: { blue: 5_000, green: 4_000 } };
      await expect(h.router.split(TARGET, half, never)).rejects.toMatchObject(refused);
      await h.router.withdraw(TARGET, 'green', never);
      await expect(h.router.split(TARGET, splitTo(100), never)).rejects.toMatchObject(refused);
      expect((await observed())?.shares).toEqual({ blue: FULL });
    });

    test('split: nothing for a slot that is gone is nothing, so that a way back can be repeated', async () => {
      await opened();
      await h.router.withdraw(TARGET, 'green', never);
      await twice(() => h.router.split(TARGET, splitTo(0), never));
      expect((await observed())?.shares).toEqual({ blue: FULL });
    });

    test('withdraw: refused while the slot has a share; twice is once', async () => {
      const address = await opened();
      await h.router.split(TARGET, splitTo(1), never);
      await expect(h.router.withdraw(TARGET, 'green', never)).rejects.toMatchObject(refused);
      await h.router.split(TARGET, splitTo(0), never);
      await twice(() => h.router.withdraw(TARGET, 'green', never));
      expect(await observed()).toEqual({
        address,
        shares: { blue: FULL },
        members: { blue: [BLUE_URL] },
        releases: { blue: BLUE },
      });
    });

    test('close: the target is unknown again, twice is once', async () => {
      await opened();
      await twice(() => h.router.close(TARGET, never));
      expect(await observed()).toBeUndefined();
    });

    test('an abort is heeded: nothing is changed for whoever has given up', async () => {
      await opened();
      const before = await observed();
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      const { router } = h;
      for (const call of [
        () => router.observe(TARGET, stop.signal),
        () => router.open({ ...TARGET, service: 'other' }, undefined, stop.signal),
        () => router.admit(TARGET, 'blue', BLUE, [GREEN_URL], stop.signal),
        () => router.split(TARGET, splitTo(FULL), stop.signal),
        () => router.drain(TARGET, 'blue', 100, stop.signal),
        () => router.withdraw(TARGET, 'green', stop.signal),
        () => router.close(TARGET, stop.signal),
      ])
        await expect(call()).rejects.toThrow('enough');
      expect(await observed()).toEqual(before);
      expect(await router.observe({ ...TARGET, service: 'other' }, never)).toBeUndefined();
    });
  });
}
