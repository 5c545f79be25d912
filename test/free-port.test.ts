import { once } from 'node:events';
import { createServer } from 'node:net';
import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../src/free-port.js';

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
