import { request } from 'node:http';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ask, Lab, refuses, SHOP, splitOf, twoSlots, until, type Counted } from './lab.js';
import { ended, gatewayProcess, kill, spawnGateway } from './processes.js';

const lab = new Lab();
afterEach(() => lab.end());

test('kill -9 and a new start bring back addresses, slots, shares and users’ places; counters begin a new epoch', async () => {
  const stateDir = await lab.folder();
  const [blue, green] = [await lab.backend('blue'), await lab.backend('green')];
  const first = await gatewayProcess(lab, stateDir);
  const address = await twoSlots(first, blue.url, green.url);
  const other = await first.must('PUT', '/targets/shop/staging', {});
  await first.must('PUT', `${SHOP}/split`, splitOf(5_000));
  const users = Array.from({ length: 40 }, (_, n) => `user-${String(n)}`);
  const places = (): Promise<string[]> =>
    Promise.all(users.map(async (u) => (await ask(address, { headers: { 'x-user-id': u } })).body));
  const before = [await first.must('GET', '/targets'), await places()];
  const counted = await first.must<Counted>('GET', `${SHOP}/metrics`);
  expect(await kill(first, 'SIGKILL')).toBe('SIGKILL');
  const second = await gatewayProcess(lab, stateDir);
  expect([await second.must('GET', '/targets'), await places()]).toEqual(before);
  expect((await ask(other.address)).status).toBe(503);
  expect((await second.must<Counted>('GET', `${SHOP}/metrics`)).epoch).not.toBe(counted.epoch);
  expect(second.token).toBe(first.token);
});

test('killed again and again in the middle of changes, it has every acknowledged one and at most the one that was under way', async () => {
  const stateDir = await lab.folder();
  const members = ['http://127.0.0.1:8001'];
  for (let round = 0; round < 5; round++) {
    const gateway = await gatewayProcess(lab, stateDir);
    await gateway.must('PUT', SHOP, {});
    await gateway.must('PUT', `${SHOP}/slots/blue`, { release: 'b', members });
    await gateway.must('PUT', `${SHOP}/slots/green`, { release: 'g', members });
    let [acknowledged, sent] = [-1, -1];
    const changing = (async () => {
      for (let share = round * 1_000; ; share++) {
        sent = share;
        await gateway.must('PUT', `${SHOP}/split`, splitOf(share));
        acknowledged = share;
      }
    })().catch(() => undefined);
    await until(() => acknowledged >= round * 1_000 + 5 + round);
    await kill(gateway, 'SIGKILL');
    await changing;
    const again = await gatewayProcess(lab, stateDir);
    expect([acknowledged, sent]).toContain((await again.must('GET', SHOP)).shares['blue']);
    await kill(again, 'SIGTERM');
  }
});

describe('SIGTERM', () => {
  test('lets what is in flight finish, refuses new connections, exits 0', async () => {
    let finish = (): void => undefined;
    const slow = await lab.backend('slow', (_request, response) => {
      finish = () => response.end('done');
    });
    const gateway = await gatewayProcess(lab, await lab.folder());
    const address = await twoSlots(gateway, slow.url, slow.url);
    const answer = ask(address);
    await until(() => slow.seen.length === 1);
    gateway.child.kill('SIGTERM');
    await until(() => refuses(address));
    finish();
    expect(await answer).toMatchObject({ status: 200, body: 'done', headers: { connection: 'close' } });
    expect(await ended(gateway)).toBe(0);
  });

  test('waits no longer than 10 s for a request that does not end', async () => {
    const stuck = await lab.backend('stuck', () => undefined);
    const gateway = await gatewayProcess(lab, await lab.folder());
    const address = await twoSlots(gateway, stuck.url, stuck.url);
    const asked = request(address, { agent: false });
    asked.on('error', () => undefined);
    asked.end();
    await until(() => stuck.seen.length === 1);
    const begun = performance.now();
    expect(await kill(gateway, 'SIGTERM')).toBe(0);
    expect((performance.now() - begun) / 1_000).toBeGreaterThan(9);
    expect((performance.now() - begun) / 1_000).toBeLessThan(13);
  });

  test('hanging up does not end it', async () => {
    const gateway = await gatewayProcess(lab, await lab.folder());
    gateway.child.kill('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await gateway.must('GET', '/targets')).toEqual({ targets: [] });
    expect(await kill(gateway, 'SIGTERM')).toBe(0);
  });
});

describe('the command line', () => {
  test.each([
    [[], '--state is missing'],
    [['--state', '/nowhere', '--admin-port', '70000'], '70000 is not a port'],
    [['--state', '/nowhere', '--admin-port', 'x'], 'x is not a port'],
    [['--state', '/nowhere', '--port', '1'], '--port'],
  ])('%j exits 2 and says why', async (args, message) => {
    const gateway = spawnGateway(lab, args);
    expect(await ended(gateway)).toBe(2);
    expect(gateway.stderr()).toContain(message);
    expect(gateway.stderr()).toContain('usage:');
  });

  test('an unknown log level exits 2', async () => {
    const gateway = spawnGateway(lab, ['--state', await lab.folder()], { SHIPWAY_LOG_LEVEL: 'loud' });
    expect(await ended(gateway)).toBe(2);
    expect(gateway.stderr()).toContain('loud is not one of');
  });

  test('a second process on the same state exits 1', async () => {
    const stateDir = await lab.folder();
    const first = await gatewayProcess(lab, stateDir);
    const second = spawnGateway(lab, ['--state', stateDir]);
    expect(await ended(second)).toBe(1);
    expect(second.stderr()).toContain(`pid ${String(first.child.pid)}`);
    expect(await first.must('GET', '/targets')).toEqual({ targets: [] });
  });
});

test('of two that start at the same moment on one state, one serves', async () => {
  const args = ['--state', await lab.folder()];
  const both = [spawnGateway(lab, args), spawnGateway(lab, args)];
  await until(() => both.some((g) => g.stderr().includes('the gateway serves')));
  await until(() => both.some((g) => g.child.exitCode === 1));
  const [loser] = both.filter((g) => g.child.exitCode !== null);
  expect(loser?.stderr()).toContain('already');
  expect(both.filter((g) => g.stderr().includes('the gateway serves'))).toHaveLength(1);
});

test('neither log nor state holds headers, cookies or the token', async () => {
  const stateDir = await lab.folder();
  const gateway = await gatewayProcess(lab, stateDir);
  const address = await twoSlots(gateway, await lab.nobody(), 'http://127.0.0.1:1');
  await ask(`${address}/?q=in-the-query`, {
    headers: { authorization: 'Bearer secret-1', cookie: 'session=secret-2' },
  });
  await kill(gateway, 'SIGTERM');
  expect(gateway.stderr()).toContain('no answer from a member');
  const all = gateway.stderr() + (await readFile(join(stateDir, 'state.json'), 'utf8'));
  for (const secret of ['secret-1', 'secret-2', 'in-the-query', gateway.token])
    expect(all).not.toContain(secret);
});
