import { once } from 'node:events';
import { appendFile, readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import { bracketed } from '../../src/host.js';
import { BLUE, GREEN, TARGET, ask, never, splitTo, type RouterHarness } from '../../src/testing/world.js';
import { sharedOut, type Backend } from '../support/shared-out.js';
import type { Ending } from './contract.js';

/** A router of a user's that loads a folder of shipway's. */
export interface FolderHarness extends RouterHarness, Ending {
  readonly folder: string;
  /** The users' own part of the configuration. */
  readonly ownFile: string;
  /** A reload that shipway has not asked for; it has ended when this does. */
  readonly reload: () => Promise<void>;
}

/** A member that answers its one request when it is told to. */
async function holding(host = '127.0.0.1') {
  const server = createHttpServer().listen(0, host);
  await once(server, 'listening');
  const held = new Promise<ServerResponse>((resolve) => {
    server.once('request', (_, res: ServerResponse) => {
      resolve(res);
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    held,
    url: `http://${bracketed(host)}:${String(port)}`,
    end: (): void => {
      server.close().closeAllConnections();
    },
  };
}

/** What routers promise that others may reload, and that load what shipway has written. `hint`: what says why one refuses. */
export function folderContract(name: string, hint: string, make: () => Promise<FolderHarness>): void {
  describe(`${name}: a folder of shipway's`, () => {
    let h: FolderHarness;
    let blue: Backend;
    let green: Backend;
    let address: string;
    beforeEach(async () => {
      const { end, ...one } = await sharedOut(make);
      ({ h, blue, green, address } = one);
      return end;
    });

    test('somebody else’s reload and a restart take nothing back: neither shares nor members', async () => {
      await h.router.split(TARGET, splitTo(2_500), never);
      await h.router.admit(TARGET, 'blue', BLUE, [blue.url, green.url], never);
      const state = await h.router.observe(TARGET, never);
      await h.reload();
      expect(await h.router.observe(TARGET, never)).toEqual(state);
      await h.restart();
      expect(await h.router.observe(TARGET, never)).toEqual(state);
    });

    test('a reload amid the changes loses none of them', async () => {
      for (let i = 1; i <= 8; i++) {
        await Promise.all([h.reload(), h.router.split(TARGET, splitTo(i * 1_000), never)]);
        const { shares } = (await h.router.observe(TARGET, never)) ?? {};
        expect(shares).toEqual({ blue: FULL - i * 1_000, green: i * 1_000 });
      }
    });

    test('a drain sees what a worker that was reloaded away still serves', async () => {
      const { held, url, end } = await holding();
      await h.router.admit(TARGET, 'green', GREEN, [url], never);
      await h.router.split(TARGET, splitTo(FULL), never);
      const slow = ask(address);
      const answer = await held;
      await h.router.split(TARGET, splitTo(0), never);
      await h.reload();
      expect(await h.router.drain(TARGET, 'green', 0, never)).toEqual({ inflight: 1 });
      const draining = h.router.drain(TARGET, 'green', 10_000, never);
      answer.end('green');
      expect(await draining).toEqual({ inflight: 0 });
      expect(await slow).toMatchObject({ status: 200, body: 'green' });
      end();
    });

    test('a member at an IPv6 address is the same one to whoever asks, and to a drain', async () => {
      const { held, url, end } = await holding('::1');
      await h.router.admit(TARGET, 'green', GREEN, [green.url, url], never);
      await h.router.split(TARGET, splitTo(FULL), never);
      // Which member a request goes to is each worker's own turn.
      const slow: ReturnType<typeof ask>[] = [];
      let answer: Awaited<typeof held> | undefined;
      while (answer === undefined) {
        slow.push(ask(address));
        answer = await Promise.race([held, sleep(100).then(() => undefined)]);
      }
      expect(await h.router.drain(TARGET, 'green', 0, never)).toEqual({ inflight: 0 });
      expect((await h.router.observe(TARGET, never))?.members['green']).toEqual([green.url, url]);
      await h.router.admit(TARGET, 'green', GREEN, [green.url], never);
      expect(await h.router.drain(TARGET, 'green', 0, never)).toEqual({ inflight: 1 });
      answer.end('six');
      const bodies = (await Promise.all(slow)).map(({ body }) => body);
      expect(bodies.filter((body) => body === 'six')).toHaveLength(1);
      end();
    });

    test('a configuration that it refuses is refused with the way to see why, and a way back does not wait for it', async () => {
      const other = { ...TARGET, service: 'other' };
      await h.router.split(TARGET, splitTo(5_000), never);
      const state = await readFile(join(h.folder, 'shipway.json'), 'utf8');
      await appendFile(h.ownFile, 'nonsense\n');
      await expect(h.router.open(other, undefined, never)).rejects.toMatchObject({
        type: 'router.refused',
        message: expect.stringContaining(hint) as string,
      });
      expect(await h.router.observe(other, never)).toBeUndefined();
      expect(await readFile(join(h.folder, 'shipway.json'), 'utf8')).toBe(state);
      const back = { ...splitTo(0), userKey: [{ cookie: 'another' }] };
      await h.router.split(TARGET, back, never).catch((error: unknown) => {
        expect(error).toMatchObject({ type: 'router.refused' });
      });
      expect((await h.router.observe(TARGET, never))?.shares).toEqual({ blue: FULL, green: 0 });
      expect((await ask(address)).body).toBe('blue');
    });

    test('what its configuration cannot hold is refused, and nothing changes', async () => {
      const before = await h.router.observe(TARGET, never);
      const refused = { type: 'router.refused' };
      const admit = (members: string[], release = GREEN) =>
        h.router.admit(TARGET, 'green', release, members, never);
      for (const call of [
        () => h.router.split(TARGET, { ...splitTo(0), userKey: [{ header: 'x$(id)' }] }, never),
        () => h.router.split(TARGET, { ...splitTo(0), salt: 'a b' }, never),
        () => admit(['https://127.0.0.1:1']),
        () => admit(['http://localhost:1']),
        () => admit(['http://127.0.0.1:1/path']),
        () => admit([green.url], 'a\nserver x 127.0.0.1:1'),
      ])
        await expect(call()).rejects.toMatchObject(refused);
      expect(await h.router.observe(TARGET, never)).toEqual(before);
    });

    test('instances are there for Prometheus, with their labels', async () => {
      const groups = JSON.parse(await readFile(join(h.folder, 'instances.json'), 'utf8')) as unknown;
      expect(groups).toEqual(
        [blue, green].map(({ url }, i) => ({
          targets: [new URL(url).host],
          labels: { ...TARGET, release: [BLUE, GREEN][i], slot: ['blue', 'green'][i] },
        })),
      );
    });
  });
}
