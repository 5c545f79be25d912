import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { haproxyRouter } from '../../src/adapters/routers/haproxy.js';
import { TARGET, never, splitTo } from '../../src/testing/world.js';

test('files that cannot be read are no bug, and are tried again: said with what to do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unreadable-'));
  await mkdir(join(folder, 'shipway.json'));
  const router = haproxyRouter(() => Promise.resolve({ socket: join(folder, 'master.sock'), folder }));
  await expect(router.split(TARGET, splitTo(0), never)).rejects.toMatchObject({
    type: 'router.unavailable',
    message: expect.stringMatching(
      /shipway\.json cannot be read: EISDIR.*let the worker's user read/,
    ) as string,
  });
  await rm(folder, { recursive: true });
});

const PROC =
  '#<PID> <type> <reloads> <uptime> <version>\n1 master 0 [failed: 0] 0d 2.6\n# workers\n2 worker 0 0d 2.6\n';

describe('what answers is hostile', () => {
  let server: Server | undefined;
  let folder: string;
  let socket: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hostile-'));
    socket = join(folder, 'master.sock');
  });
  afterEach(async () => {
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.each([
    ['another protocol', () => 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['nothing at all', () => ''],
    ['bytes', () => '\u0000\u0001\u0002\n'],
    ['a master without a worker', () => PROC.replace('2 worker 0 0d 2.6\n', '')],
    ['another process list', () => 'root 1 0.0 init\n'],
    ['an error to everything', (c: string) => (c === 'show proc' ? PROC : 'Permission denied\n')],
    ['nothing to everything', (c: string) => (c === 'show proc' ? PROC : '')],
    [
      'another table',
      (c: string) => (c === 'show proc' ? PROC : c.includes('env') ? 'SHIPWAY_REVISION=a' : '1\n# a b\n1 2'),
    ],
    ['no end', () => 'x'.repeat(9_000_000)],
  ])('%s', async (_, answer) => {
    server = createServer({ allowHalfOpen: true }, (one) => {
      one.on('error', () => one.destroy());
      one.on('data', (said: Buffer) => one.end(answer(said.toString().trim())));
    });
    await new Promise<void>((resolve) => server?.listen(socket, resolve));
    const router = haproxyRouter(() => Promise.resolve({ socket, folder }));
    const unavailable = { type: 'router.unavailable' };
    await expect(router.observe(TARGET, never)).rejects.toMatchObject(unavailable);
    await expect(router.open(TARGET, undefined, never)).rejects.toMatchObject(unavailable);
    await expect(router.drain(TARGET, 'blue', 50, never)).rejects.toMatchObject(unavailable);
  });

  test('one that hangs up on every question is told as one that is always being reloaded', async () => {
    server = createServer({ allowHalfOpen: true }, (one) => {
      one.on('data', (said: Buffer) => one.end(said.toString().includes('show proc') ? PROC : ''));
    });
    await new Promise<void>((resolve) => server?.listen(socket, resolve));
    const router = haproxyRouter(() => Promise.resolve({ socket, folder }));
    await expect(router.open(TARGET, undefined, never)).rejects.toMatchObject({
      type: 'router.unavailable',
      message: expect.stringMatching(/: it was being reloaded$/) as string,
    });
  });

  test('silence ends in time', async () => {
    server = createServer(() => undefined);
    await new Promise<void>((resolve) => server?.listen(socket, resolve));
    const router = haproxyRouter(() => Promise.resolve({ socket, folder }));
    const from = Date.now();
    await expect(router.observe(TARGET, never)).rejects.toMatchObject({ type: 'router.unavailable' });
    expect(Date.now() - from).toBeLessThan(3_000);
  });
});
