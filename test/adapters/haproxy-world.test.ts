import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { beforeEach, describe, expect, test } from 'vitest';
import { haproxyRouter } from '../../src/adapters/routers/haproxy.js';
import { lookAtHaproxy } from '../../src/adapters/routers/haproxy-look.js';
import { bucketOf } from '../../src/domain/buckets.js';
import { FULL } from '../../src/domain/plan.js';
import { BLUE, GREEN, TARGET, backend, never, splitTo } from '../../src/testing/world.js';
import { haproxy, without } from '../e2e/system.js';
import { load } from '../gateway/load.js';
import { haproxyProcess, type HaproxyProcess } from '../support/haproxy-process.js';
import { sharedOut, type Backend } from '../support/shared-out.js';

/** A user whom a candidate with that share has. */
const userBelow = (share: number): string =>
  Array.from({ length: 100 }, (_, i) => `u${String(i)}`).find(
    (user) => share === 0 || bucketOf(splitTo(share).salt, user) < share,
  ) ?? '';

/** A socket before the master's own, which swallows the first answer to that command. */
async function swallowing(h: HaproxyProcess, command: string) {
  const folder = await mkdtemp(join(tmpdir(), 'swallowing-'));
  const socket = join(folder, 'master.sock');
  let swallowed = false;
  const server = createServer({ allowHalfOpen: true }, (one) => {
    one.once('data', (asked: Buffer) => {
      const mine = !swallowed && asked.toString().includes(command);
      swallowed ||= mine;
      void h.say(asked.toString().trim()).then((answer) => one.end(mine ? '' : answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    ...{ socket, swallowed: () => swallowed },
    [Symbol.asyncDispose]: async () => {
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

describe.skipIf(without(haproxy))('on a real HAProxy (left out where there is none outside CI)', () => {
  let h: HaproxyProcess;
  let blue: Backend;
  let green: Backend;
  let address: string;
  beforeEach(async () => {
    const { end, ...one } = await sharedOut(() => haproxyProcess());
    ({ h, blue, green, address } = one);
    return end;
  });

  test('what somebody else changed at run time is seen, and the next change puts all of it right', async () => {
    await h.router.split(TARGET, splitTo(2_500), never);
    const map = join(h.folder, 'shipway.map');
    await h.say(`@1 set map ${map} shop/staging green|9000|blue|other`);
    const server = `shipway.shop.staging.blue/${BLUE}-${new URL(blue.url).host}`;
    await h.say(`@1 set server ${server} state maint`);
    await h.say('@1 add server shipway.shop.staging.green/foreign 127.0.0.1:9');
    await h.say('@1 set server shipway.shop.staging.green/foreign state ready');
    expect(await h.router.observe(TARGET, never)).toMatchObject({
      shares: { blue: 1_000, green: 9_000 },
      members: { blue: [], green: [green.url, 'http://127.0.0.1:9'] },
    });
    await h.router.split(TARGET, splitTo(2_500), never);
    expect(await h.router.observe(TARGET, never)).toMatchObject({
      shares: { blue: 7_500, green: 2_500 },
      members: { blue: [blue.url], green: [green.url] },
    });
  });

  test.each(['show servers state', 'show env'])(
    'a worker that hangs up before it has answered `%s`, as one that a reload sends away does, is asked again',
    async (command) => {
      await using between = await swallowing(h, command);
      const router = haproxyRouter(() => Promise.resolve({ socket: between.socket, folder: h.folder }));
      await router.split(TARGET, splitTo(2_500), never);
      expect(between.swallowed()).toBe(true);
      expect(await h.router.observe(TARGET, never)).toMatchObject({ shares: { blue: 7_500, green: 2_500 } });
    },
  );

  test('shares and members change without a reload', async () => {
    const workers = async () => /^\d+(?=\s+worker)/m.exec(await h.say('show proc'))?.[0];
    const before = await workers();
    await h.router.split(TARGET, splitTo(1_000), never);
    await h.router.admit(TARGET, 'green', GREEN, [green.url, blue.url], never);
    expect(await workers()).toBe(before);
  });

  test.each([
    ['a way back reaches it', 5_000, 0],
    ['it is sent nobody to a slot that it has no servers of', 0, FULL],
  ] as const)(
    'what a worker that was reloaded away still routes is answered: %s',
    async (_, before, after) => {
      await h.router.split(TARGET, splitTo(before), never);
      const [kept, next] = [new Pool(address, { connections: 1 }), await backend('new')];
      const one = async (): Promise<string> => {
        const { body } = await kept.request({
          path: '/',
          method: 'GET',
          headers: { 'x-user': userBelow(before) },
        });
        return body.text();
      };
      expect(await one()).toBe(before === 0 ? 'blue' : 'green');
      await h.reload();
      await h.router.admit(TARGET, 'green', 'c'.repeat(64), [next.url], never);
      await h.router.split(TARGET, splitTo(after), never);
      expect(await h.router.drain(TARGET, 'green', 0, never)).toEqual({ inflight: 0 });
      if (after === 0) await h.router.withdraw(TARGET, 'green', never);
      expect(await one()).toBe('blue');
      next.server.close().closeAllConnections();
      await kept.close();
    },
  );

  test('no request fails across a split to the end, reloads of others, and a way back', async () => {
    const running = load(address, 400);
    for (let share = 0; share <= FULL; share += 1_000) {
      await h.router.split(TARGET, splitTo(share), never);
      if (share % 4_000 === 0) await h.reload();
      await new Promise((r) => setTimeout(r, 300));
    }
    await h.router.admit(TARGET, 'blue', BLUE, [blue.url, green.url], never);
    await h.router.split(TARGET, splitTo(0), never);
    await h.router.drain(TARGET, 'green', 2_000, never);
    await h.router.withdraw(TARGET, 'green', never);
    const { sent, failures, byName } = await running.stop();
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThan(1_500);
    expect(Math.min(byName['blue'] ?? 0, byName['green'] ?? 0)).toBeGreaterThan(sent / 10);
  });

  test('an HAProxy that does not load the folder is told from one that does not answer', async () => {
    const otherFolder = join(h.folder, 'other');
    await mkdir(otherFolder);
    await lookAtHaproxy(h, never);
    await lookAtHaproxy({ socket: h.socket, folder: otherFolder }, never);
    await writeFile(join(otherFolder, 'shipway.cfg'), '  setenv SHIPWAY_REVISION another\n');
    const notThere = {
      type: 'router.unavailable',
      message: expect.stringContaining('start it with') as string,
    };
    await expect(lookAtHaproxy({ socket: h.socket, folder: otherFolder }, never)).rejects.toMatchObject(
      notThere,
    );
    await writeFile(join(h.folder, 'shipway.cfg'), '');
    await h.reload();
    await expect(lookAtHaproxy(h, never)).rejects.toMatchObject(notThere);
    await expect(h.router.observe(TARGET, never)).rejects.toThrow(`start it with \`-f ${h.folder}\``);
  });
});
