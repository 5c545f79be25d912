import { once } from 'node:events';
import { createServer } from 'node:net';
import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { hold } from '../src/exclusive.js';
import { freePort, openFree } from '../src/free-port.js';

test('a port can be listened on, and is none that an outgoing connection is given', async () => {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '32768 60999');
  const [lowest = 0] = range.trim().split(/\s+/).map(Number);
  for (let i = 0; i < 200; i++) {
    const port = await freePort();
    expect(port).toBeLessThan(lowest);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
  }
});

test('a port is given to nobody else before its program has come to it', async () => {
  // Of 14,000; by chance alone 600 random ones are all different once in 400,000 times.
  const given = new Set<number>();
  for (let i = 0; i < 600; i++) given.add(await freePort());
  expect(given.size).toBe(600);
});

test('a port that was opened is given back with its end', async () => {
  const seen: number[] = [];
  await openFree((port) => Promise.resolve(seen.push(port)));
  const [port = 0] = seen;
  const release = await hold(`/shipway-port/${String(port)}`);
  expect(release).toBeDefined();
  release?.();
});

test('what cannot be opened for another reason than its port is not tried again', async () => {
  let tried = 0;
  const opening = openFree(() => {
    tried++;
    return Promise.reject(new Error('broken'));
  });
  await expect(opening).rejects.toThrow('broken');
  expect(tried).toBe(1);
});

test('that none is free is an error that says so', async () => {
  const taken = Object.assign(new Error('taken'), { code: 'EADDRINUSE' });
  await expect(openFree(() => Promise.reject(taken))).rejects.toThrow(/none of 50 ports .* is free/);
});
