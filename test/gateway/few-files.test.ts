import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ask, Lab, SHOP, twoSlots, until, type Counted } from './lab.js';
import { gatewayOfFewFiles } from './processes.js';

const lab = new Lab();
afterEach(() => lab.end());

const FILES = 64;
const USERS = 80;

/** What users are answered who stay connected, all of them before any of them asks. */
async function crowd(address: string): Promise<readonly string[]> {
  const said: string[] = [];
  const { hostname, port } = new URL(address);
  const sockets: Socket[] = [];
  for (let n = 0; n < USERS; n++) {
    const socket = connect(Number(port), hostname);
    // Whom it cannot take in at all it lets go.
    socket.on('error', () => undefined).on('data', (bytes: Buffer) => said.push(bytes.toString()));
    sockets.push(socket);
  }
  await until(() => sockets.every((s) => !s.connecting));
  for (const socket of sockets) socket.write(`GET / HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  await until(() => said.some((text) => text.includes('no_room')));
  for (const socket of sockets) socket.destroy();
  return said;
}

test('a gateway that has no file descriptor left says so, once, and the release is not judged by it', async () => {
  const gateway = await gatewayOfFewFiles(lab, await lab.folder(), FILES);
  const { url } = await lab.backend('blue');
  const address = await twoSlots(gateway, url, url);
  const [refused] = (await crowd(address)).filter((text) => text.includes('no_room'));
  expect(refused).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1\r\n/s);
  const blue = async (): Promise<Counted['series'][number] | undefined> =>
    (await gateway.must<Counted>('GET', `${SHOP}/metrics`)).series.find(({ slot }) => slot === 'blue');
  await until(async () => (await blue().catch(() => undefined))?.inflight === 0);
  const before = await blue();
  expect((await ask(address)).body).toBe('blue');
  await until(async () => (await blue())?.requests === (before?.requests ?? 0) + 1);
  expect((await blue())?.errors).toBe(0);
  const { text } = await gateway.call('GET', '/metrics');
  expect(text).toMatch(/shipway_gateway_unsent_total{[^}]*slot="blue"[^}]*} [1-9]/);
  expect(gateway.stderr().match(/no file descriptor is left/g)).toHaveLength(1);
});
