import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Pair } from '../../src/adapters/routers/agreed.js';
import { together } from '../../src/adapters/routers/together.js';
import { wayBack } from '../../src/adapters/routers/way-back.js';
import { bucketOf } from '../../src/domain/buckets.js';
import { FULL } from '../../src/domain/plan.js';
import type { Router } from '../../src/domain/ports.js';
import { freePort } from '../../src/free-port.js';
import { perInstanceRouterChecks, routerChecks } from '../../src/testing/router.js';
import { BLUE, GREEN, TARGET, backend, never, splitTo } from '../../src/testing/world.js';
import { contract } from '../contracts/contract.js';
import { landed } from '../contracts/users.js';
import { haproxy, nginx, without } from '../e2e/system.js';
import { fakeWorld } from '../support/fake-world.js';
import { gatewayProcess } from '../support/gateway-process.js';
import { pairProcess, type PairProcess } from '../support/pair-process.js';
import type { Backend } from '../support/shared-out.js';

/** As one router has it, which has one address. */
const withoutOthers = (router: Router): Router => ({
  ...router,
  observe: async (...asked) => {
    const { others: _, ...state } = (await router.observe(...asked)) ?? {};
    return 'address' in state ? state : undefined;
  },
});

const CHECKS = [...routerChecks, ...perInstanceRouterChecks];
/** Two routers in memory: what each promises by itself is not what is asked here. */
function fakes() {
  const worlds = [fakeWorld(), fakeWorld()];
  const pair = worlds.map(({ router }, i) => ({ name: `router ${String(i)}`, router })) as unknown as Pair;
  const end = (): Promise<void> => {
    for (const world of worlds) world.close();
    return Promise.resolve();
  };
  return { pair, end };
}
contract('two together: router', CHECKS, () => {
  const { pair, end } = fakes();
  return Promise.resolve({ router: withoutOthers(together(pair)), end });
});
contract('two together, on a way back: router', CHECKS, () => {
  const { pair, end } = fakes();
  // Each call is a way of its own: what was refused in one is asked in the next.
  const each = <K extends keyof Router>(of: K): Router[K] =>
    ((...asked: never[]) =>
      (
        wayBack(pair, { ports: [], running: () => Promise.resolve({}) }).router[of] as (
          ...a: never[]
        ) => unknown
      )(...asked)) as Router[K];
  const names = ['observe', 'open', 'admit', 'split', 'drain', 'withdraw', 'close'] as const;
  const router = Object.fromEntries(names.map((name) => [name, each(name)])) as unknown as Router;
  return Promise.resolve({ router: withoutOthers(router), end });
});

describe.skipIf(without(haproxy) || without(nginx))('on a real HAProxy and a real nginx together', () => {
  let h: PairProcess;
  let blue: Backend;
  let green: Backend;
  beforeAll(async () => {
    [h, blue, green] = await Promise.all([pairProcess(), backend('blue'), backend('green')]);
  });
  afterEach(() => h.router.close(TARGET, never));
  afterAll(async () => {
    for (const { server } of [blue, green]) server.close().closeAllConnections();
    await h.end();
  });
  async function opened(router = h.router): Promise<readonly [string, string]> {
    const { address, others = [] } = await router.open(TARGET, undefined, never);
    await router.admit(TARGET, 'blue', BLUE, [blue.url], never);
    await router.admit(TARGET, 'green', GREEN, [green.url], never);
    await router.split(TARGET, splitTo(0), never);
    return [address, others[0] ?? ''];
  }
  const shares = (): Promise<unknown[]> =>
    Promise.all(
      [h.haproxy, h.nginx].map(async ({ router }) => (await router.observe(TARGET, never))?.shares),
    );
  const at = (share: number) => ({ blue: FULL - share, green: share });

  test('a user without a key is known everywhere by the cookie of whichever comes first, and is in one place', async () => {
    const gateway = await gatewayProcess();
    try {
      const alone = async (): Promise<string> =>
        (await gateway.router.open(TARGET, undefined, never)).address;
      const addresses = [...(await opened()), await alone()];
      await gateway.router.admit(TARGET, 'blue', BLUE, [blue.url], never);
      await gateway.router.admit(TARGET, 'green', GREEN, [green.url], never);
      for (const router of [h.router, gateway.router]) await router.split(TARGET, splitTo(5_000), never);
      for (const first of addresses)
        for (let n = 0; n < 10; n++) {
          const { body, cookie = '' } = await landed(first);
          const id = cookie.replace('shipway_id=', '');
          expect(body).toBe(bucketOf(splitTo(0).salt, id) < 5_000 ? 'green' : 'blue');
          for (const address of addresses)
            expect(await landed(address, ['cookie', cookie])).toEqual({ body });
        }
    } finally {
      await gateway.end();
    }
  });

  test('a step that the second cannot take is taken at neither, and it says so', async () => {
    await opened();
    await h.router.split(TARGET, splitTo(1_000), never);
    const file = join(h.nginx.folder, 'shipway.targets');
    await rm(file);
    await mkdir(file);
    await expect(h.router.split(TARGET, splitTo(2_500), never)).rejects.toMatchObject({
      type: 'router.refused',
      message: expect.stringMatching(
        /^nginx does not follow: .*cannot be written.*; haproxy was not told$/,
      ) as string,
    });
    expect(await shares()).toEqual([at(1_000), at(1_000)]);
    await rm(file, { recursive: true });
    await h.router.split(TARGET, splitTo(2_500), never);
    expect(await shares()).toEqual([at(2_500), at(2_500)]);
  });

  test('one that is away: no step is taken, the way back is taken at the other, and a retry brings it along', async () => {
    const [address, other] = await opened();
    await h.router.split(TARGET, splitTo(5_000), never);
    await h.nginx.kill();
    const away = {
      type: 'router.unavailable',
      message: expect.stringMatching(/^nginx does not follow/) as string,
    };
    await expect(h.router.split(TARGET, splitTo(FULL), never)).rejects.toMatchObject(away);
    expect(await h.router.observe(TARGET, never)).toMatchObject({
      shares: at(5_000),
      differences: { target: expect.stringMatching(/^nginx did not answer: /) as string },
    });
    expect((await h.haproxy.router.observe(TARGET, never))?.shares).toEqual(at(5_000));

    const back = h.back();
    expect((await back.router.observe(TARGET, never))?.address).toBe(address);
    await back.router.admit(TARGET, 'blue', BLUE, [blue.url, green.url], never);
    await back.router.split(TARGET, splitTo(0), never);
    expect(back.settled).toThrow(
      expect.objectContaining({
        ...away,
        message: expect.stringMatching(
          /haproxy has followed, and users of nginx may be where they were$/,
        ) as string,
      }) as Error,
    );
    expect((await h.haproxy.router.observe(TARGET, never))?.shares).toEqual(at(0));

    await h.nginx.restart();
    // What it was told of members while it was away it has read.
    expect((await h.router.observe(TARGET, never))?.differences).toEqual({
      shares: 'haproxy sends 100 % to blue, nginx sends 50 % to blue and 50 % to green',
    });
    const again = h.back();
    await again.router.split(TARGET, splitTo(0), never);
    again.settled();
    expect(await shares()).toEqual([at(0), at(0)]);
    expect((await landed(other)).body).toBe('blue');
  });

  test('what comes back is told of a slot that it has missed before users are sent there', async () => {
    const [, other] = await opened();
    await h.router.withdraw(TARGET, 'green', never);
    await h.nginx.kill();
    await h.back().router.admit(TARGET, 'green', GREEN, [green.url], never);
    await h.nginx.restart();
    const back = h.back();
    await back.router.split(TARGET, splitTo(FULL), never);
    back.settled();
    expect((await landed(other)).body).toBe('green');
  });

  test.each(['haproxy', 'nginx'] as const)(
    'what is written down of users while one is away has the members that run with it: %s',
    async (name) => {
      const addresses = await opened();
      await h.router.admit(TARGET, 'green', GREEN, ['http://127.0.0.1:1'], never);
      await h[name].kill();
      const runs = { green: { release: GREEN, members: [green.url] } };
      const away = h.back(runs);
      await away.router.split(TARGET, splitTo(FULL), never);
      expect(away.settled).toThrow(`${name} does not follow`);
      await h[name].restart();
      const back = h.back(runs);
      await back.router.split(TARGET, splitTo(FULL), never);
      back.settled();
      for (const address of addresses) expect((await landed(address)).body).toBe('green');
    },
  );

  test('an address that the second cannot have is none at the first either', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = (taken.address() as AddressInfo).port;
    const refused = {
      type: 'router.refused',
      message: expect.stringContaining('nginx does not follow') as string,
    };
    await expect(h.router.open(TARGET, undefined, never, port)).rejects.toMatchObject(refused);
    expect(await h.router.observe(TARGET, never)).toBeUndefined();
    const [one, two] = [await freePort(), await freePort()];
    const state = await h.router.open(TARGET, one, never, two);
    expect([state.address, state.others]).toEqual([
      `http://127.0.0.1:${String(one)}`,
      [`http://127.0.0.1:${String(two)}`],
    ]);
    await expect(h.router.open(TARGET, await freePort(), never, port)).rejects.toMatchObject(refused);
    expect(await h.router.observe(TARGET, never)).toEqual(state);
    taken.close();
  });

  test('a drain waits for both', async () => {
    const addresses = await opened();
    await h.router.split(TARGET, splitTo(FULL), never);
    const before = green.seen();
    const slow = addresses.map((address) => landed(`${address}/slow`));
    while (green.seen() < before + 2) await new Promise((r) => setTimeout(r, 5));
    await h.router.split(TARGET, splitTo(0), never);
    expect(await h.router.drain(TARGET, 'green', 0, never)).toEqual({ inflight: 2 });
    expect(await h.router.drain(TARGET, 'green', 5_000, never)).toEqual({ inflight: 0 });
    expect(await Promise.all(slow)).toEqual([{ body: 'green' }, { body: 'green' }]);
  });
});
