import assert from 'node:assert/strict';
import { FULL } from '../domain/plan.js';
import type { Router, RouterState } from '../domain/ports.js';
import { heeded, row, type Check } from './check.js';
import { BLUE, GREEN, TARGET, never, splitTo, twice } from './world.js';

const [BLUE_URL, GREEN_URL] = ['http://127.0.0.1:1', 'http://127.0.0.1:2'];
const BOTH = { blue: BLUE, green: GREEN };

interface Given {
  readonly router: Router;
}
const observed = ({ router }: Given): Promise<RouterState | undefined> => router.observe(TARGET, never);

/** Both slots are known, and all users are on blue. */
async function opened({ router }: Given): Promise<string> {
  const { address } = await router.open(TARGET, undefined, never);
  await router.admit(TARGET, 'blue', BLUE, [BLUE_URL], never);
  await router.admit(TARGET, 'green', GREEN, [GREEN_URL], never);
  await router.split(TARGET, splitTo(0), never);
  return address;
}

const refused = row('router.refused');

/** What a router promises that carries `per_instance`. */
export const perInstanceRouterChecks: readonly Check<Given>[] = [
  {
    name: 'admit, fewer members than there were, and none: with all users, and no share changes',
    async run(h) {
      await opened(h);
      for (const blue of [[BLUE_URL, GREEN_URL], [GREEN_URL], [], [BLUE_URL]]) {
        await twice(() => h.router.admit(TARGET, 'blue', BLUE, blue, never));
        const { members, shares } = (await observed(h)) ?? {};
        assert.deepEqual(members, { blue, green: [GREEN_URL] });
        assert.deepEqual(shares, { blue: FULL, green: 0 });
      }
    },
  },
];

/** What every router promises to whoever tells it where users go. That they go there is not asked. */
export const routerChecks: readonly Check<Given>[] = [
  {
    name: 'what it does not know: observed as unknown, closed and withdrawn already, nothing in flight',
    async run(h) {
      const { router } = h;
      assert.equal(await observed(h), undefined);
      await router.close(TARGET, never);
      await router.withdraw(TARGET, 'blue', never);
      assert.deepEqual(await router.drain(TARGET, 'blue', 100, never), { inflight: 0 });
      await assert.rejects(router.split(TARGET, splitTo(0), never), refused);
      await assert.rejects(router.admit(TARGET, 'blue', BLUE, [BLUE_URL], never), refused);
      assert.equal(await observed(h), undefined);
    },
  },
  {
    name: 'open: the address stays, twice is once',
    async run(h) {
      const first = await h.router.open(TARGET, 0, never);
      assert.deepEqual(await h.router.open(TARGET, undefined, never), first);
      const { address } = first;
      assert.deepEqual(await observed(h), { address, shares: {}, members: {}, releases: {} });
    },
  },
  {
    name: 'admit: sets members and release and changes no share',
    async run(h) {
      const address = await opened(h);
      const green = [GREEN_URL, BLUE_URL];
      await twice(() => h.router.admit(TARGET, 'green', GREEN, green, never));
      const members = { blue: [BLUE_URL], green };
      assert.deepEqual(await observed(h), {
        ...{ address, members, releases: BOTH },
        shares: { blue: FULL, green: 0 },
      });
    },
  },
  {
    name: 'split: sets all shares at once, twice is once',
    async run(h) {
      await opened(h);
      await twice(() => h.router.split(TARGET, splitTo(2_500), never));
      assert.deepEqual((await observed(h))?.shares, { blue: 7_500, green: 2_500 });
    },
  },
  {
    name: 'split: shares that are not everything, and a slot that is not admitted, are refused; nothing changes',
    async run(h) {
      await opened(h);
      const half = { ...splitTo(0), shares: { blue: 5_000, green: 4_000 } };
      await assert.rejects(h.router.split(TARGET, half, never), refused);
      await h.router.withdraw(TARGET, 'green', never);
      await assert.rejects(h.router.split(TARGET, splitTo(100), never), refused);
      assert.deepEqual((await observed(h))?.shares, { blue: FULL });
    },
  },
  {
    name: 'split: nothing for a slot that is gone is nothing, so that a way back can be repeated',
    async run(h) {
      await opened(h);
      await h.router.withdraw(TARGET, 'green', never);
      await twice(() => h.router.split(TARGET, splitTo(0), never));
      assert.deepEqual((await observed(h))?.shares, { blue: FULL });
    },
  },
  {
    name: 'withdraw: refused while the slot has a share; twice is once',
    async run(h) {
      const address = await opened(h);
      await h.router.split(TARGET, splitTo(1), never);
      await assert.rejects(h.router.withdraw(TARGET, 'green', never), refused);
      await h.router.split(TARGET, splitTo(0), never);
      await twice(() => h.router.withdraw(TARGET, 'green', never));
      const [shares, members, releases] = [{ blue: FULL }, { blue: [BLUE_URL] }, { blue: BLUE }];
      assert.deepEqual(await observed(h), { address, shares, members, releases });
    },
  },
  {
    name: 'close: the target is unknown again, twice is once',
    async run(h) {
      await opened(h);
      await twice(() => h.router.close(TARGET, never));
      assert.equal(await observed(h), undefined);
    },
  },
  {
    name: 'an abort is heeded: nothing is changed for whoever has given up',
    async run(h) {
      const { router } = h;
      await opened(h);
      const before = await observed(h);
      const other = { ...TARGET, service: 'other' };
      await heeded([
        (signal) => router.observe(TARGET, signal),
        (signal) => router.open(other, undefined, signal),
        (signal) => router.admit(TARGET, 'blue', BLUE, [GREEN_URL], signal),
        (signal) => router.split(TARGET, splitTo(FULL), signal),
        (signal) => router.drain(TARGET, 'blue', 100, signal),
        (signal) => router.withdraw(TARGET, 'green', signal),
        (signal) => router.close(TARGET, signal),
      ]);
      assert.deepEqual(await observed(h), before);
      assert.equal(await router.observe(other, never), undefined);
    },
  },
];
