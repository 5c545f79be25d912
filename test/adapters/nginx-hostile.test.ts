import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lookAtNginx } from '../../src/adapters/routers/nginx-look.js';
import { nginxRouter } from '../../src/adapters/routers/nginx.js';
import { TARGET, never } from '../../src/testing/world.js';

const KNOWN = { version: 1, targets: { 'shop/staging': { port: 1, shares: {}, slots: {}, userKey: [] } } };
const GOOD = { 'x-shipway-revision': 'abc' };

describe('what answers where nginx should be is hostile', () => {
  let server: Server | undefined;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hostile-'));
    await writeFile(join(folder, 'shipway.json'), JSON.stringify(KNOWN));
  });
  afterEach(async () => {
    server?.close().closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });
  const unavailable = { type: 'router.unavailable' };
  const routerAt = (port: number) =>
    nginxRouter(() => Promise.resolve({ folder, port, command: ['/nowhere/nginx'] }));

  test.each([
    ['another service', 200, {}, 'hello'],
    ['an error', 500, GOOD, 'no'],
    ['nothing', 200, GOOD, ''],
    ['half of it', 200, GOOD, 'place yes\n'],
    ['without a revision', 200, {}, 'place yes\nnow \nkept '],
    ['a member that is none', 200, GOOD, 'place yes\nnow blue=a|localhost:1\nkept '],
    ['bytes', 200, GOOD, '\u0000\u0001'],
    ['no end', 200, GOOD, 'x'.repeat(5_000_000)],
    ['a redirection', 302, { ...GOOD, location: 'http://127.0.0.1:1/' }, ''],
  ])('%s', async (_, status, headers, body) => {
    server = createServer((_req, res) => res.writeHead(status, headers).end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const router = routerAt((server.address() as AddressInfo).port);
    await expect(router.observe(TARGET, never)).rejects.toMatchObject(unavailable);
    if (body === '') return;
    await expect(router.drain(TARGET, 'blue', 50, never)).rejects.toMatchObject(unavailable);
  });

  test.each([
    [
      'says what is wrong',
      'router.refused',
      ['sh', '-c', 'echo "nginx: [emerg] unknown directive" >&2; exit 1'],
      'unknown',
    ],
    [
      'may not be called',
      'router.unavailable',
      ['sh', '-c', 'echo "sudo: a password is required" >&2; exit 1'],
      'sudo',
    ],
    [
      'is ended before it has said all',
      'router.unavailable',
      ['sh', '-c', 'echo "[emerg] x" >&2; kill -9 $$'],
      'x',
    ],
    ['is not there', 'router.unavailable', ['/nowhere/nginx'], 'nginx.command'],
  ])('a test of the configuration that %s', async (_, type, command, said) => {
    await rm(join(folder, 'shipway.json'));
    await expect(lookAtNginx({ folder, port: 1, command }, never)).rejects.toMatchObject({
      type,
      message: expect.stringContaining(said) as string,
    });
  });

  test('who hangs up, as in a reload, is asked again, and given up in time', async () => {
    let asked = 0;
    let deaf = 3;
    const answer = 'place no\nnow \nkept ';
    server = createServer((req, res) => {
      asked++;
      if (asked > deaf) res.writeHead(200, GOOD).end(answer);
      else req.socket.resetAndDestroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const router = routerAt((server.address() as AddressInfo).port);
    // Heard: it has no place for the target.
    await expect(router.observe(TARGET, never)).rejects.toMatchObject({ type: 'router.refused' });
    expect(asked).toBe(deaf + 1);

    deaf = Infinity;
    const from = Date.now();
    await expect(router.observe(TARGET, never)).rejects.toMatchObject(unavailable);
    expect(Date.now() - from).toBeLessThan(3_000);
  });

  test('silence ends in time', async () => {
    const silent = createTcpServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const router = routerAt((silent.address() as AddressInfo).port);
    const from = Date.now();
    await expect(router.observe(TARGET, never)).rejects.toMatchObject(unavailable);
    expect(Date.now() - from).toBeLessThan(3_000);
    silent.close();
  });
});
