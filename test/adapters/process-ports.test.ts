import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../../src/free-port.js';
import { TARGET } from '../../src/testing/world.js';
import { processWorld, type ProcessWorld } from '../support/process-world.js';

vi.mock('../../src/free-port.js', async (original) => {
  const real = await original<{ freePort: () => Promise<number> }>();
  return { freePort: vi.fn(real.freePort) };
});
const never = new AbortController().signal;

let w: ProcessWorld;
let stranger: Server;
beforeEach(async () => {
  w = await processWorld();
  stranger = createServer((_, res) => res.end('I am well'));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  stranger.close().closeAllConnections();
  await w.end();
});

test('a port that is taken before the instance comes to it is given up for another, and the other’s answers count for nothing', async () => {
  const { port } = stranger.address() as AddressInfo;
  vi.mocked(freePort).mockResolvedValueOnce(port);
  const release = await w.release('1.0.0');
  const [instance, ...rest] = await w.provider.ensure(TARGET, 'blue', release, w.configuration(), never);
  expect(rest).toEqual([]);
  expect(new URL(instance?.url ?? '').port).not.toBe(String(port));
  expect(await (await fetch(`${instance?.url ?? ''}/version`)).text()).toBe('1.0.0');
  expect(await w.started()).toHaveLength(2);
  expect(await w.alive()).toBe(1);
});

test('ports that are taken again and again are a failed start that says so', async () => {
  const { port } = stranger.address() as AddressInfo;
  for (let i = 0; i < 3; i++) vi.mocked(freePort).mockResolvedValueOnce(port);
  const ensuring = w.provider.ensure(TARGET, 'blue', await w.release('1.0.0'), w.configuration(), never);
  await expect(ensuring).rejects.toMatchObject({
    type: 'instance.start_failed',
    message: expect.stringContaining('EADDRINUSE') as string,
  });
  expect(await w.alive()).toBe(0);
});
