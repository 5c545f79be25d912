import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startGateway } from '../../src/gateway/start.js';
import { ask, Lab, refuses, SHOP, silent, splitOf, twoSlots, until, type Shown } from './lab.js';

const lab = new Lab();
afterEach(() => lab.end());

test('a target is made, filled, split, emptied and forgotten; every step may be repeated', async () => {
  const { must, call } = await lab.gateway();
  const twice = async (method: string, path: string, body?: unknown): Promise<Shown> => {
    const first = await must(method, path, body);
    expect(await must(method, path, body)).toEqual(first);
    return first;
  };
  const made = await twice('PUT', SHOP, {});
  expect(made).toMatchObject({ listening: true, shares: {}, candidate: null, slots: {} });
  const blue = { release: 'sha256:b', members: ['http://127.0.0.1:8001', 'http://127.0.0.1:8002'] };
  const green = { release: 'sha256:g', members: ['http://127.0.0.1:8003'] };
  await twice('PUT', `${SHOP}/slots/blue`, blue);
  await twice('PUT', `${SHOP}/slots/green`, green);
  const split = await twice('PUT', `${SHOP}/split`, splitOf(9_500));
  expect(split).toEqual({
    service: 'shop',
    environment: 'production',
    address: made.address,
    listening: true,
    shares: { blue: 9_500, green: 500 },
    candidate: 'green',
    salt: 'deployment-1',
    user_key: [{ header: 'x-user-id' }, { cookie: 'uid' }],
    slots: { blue, green },
  });
  expect(await must('GET', SHOP)).toEqual(split);
  expect(await must('GET', '/targets')).toEqual({ targets: [split] });
  expect((await call('DELETE', `${SHOP}/slots/green`)).json).toMatchObject({ error: { code: 'in_use' } });
  await must('PUT', `${SHOP}/split`, splitOf(10_000));
  expect(await twice('DELETE', `${SHOP}/slots/green`)).toMatchObject({
    shares: { blue: 10_000 },
    slots: { blue },
  });
  await must('PUT', `${SHOP}/split`, splitOf(10_000));
  expect((await call('DELETE', SHOP)).status).toBe(204);
  expect((await call('DELETE', SHOP)).status).toBe(204);
  expect((await call('GET', SHOP)).status).toBe(404);
  await until(() => refuses(made.address));
});

const member = 'http://127.0.0.1:8001';
test.each([
  ['PUT', SHOP, { listen: 'x' }, 400, 'invalid', 'body/listen: must be integer'],
  ['PUT', SHOP, { port: 1 }, 400, 'invalid', 'body: unknown key port'],
  ['PUT', '/targets/Shop/production', {}, 400, 'invalid', 'params/service: must match'],
  ['PUT', '/targets/shop/__proto__', {}, 400, 'invalid', 'params/environment: must match'],
  ['PUT', '/targets/other/production/split', splitOf(1), 404, 'unknown_target', 'create it with PUT'],
  [
    'PUT',
    '/targets/other/production/slots/blue',
    { release: 'r', members: [member] },
    404,
    'unknown_target',
    '',
  ],
  ['POST', '/targets/other/production/slots/blue/drain?timeout=1', undefined, 404, 'unknown_target', ''],
  ['GET', '/targets/other/production/metrics', undefined, 404, 'unknown_target', ''],
  ['PUT', `${SHOP}/slots/blue`, { release: 'r' }, 400, 'invalid', "must have required property 'members'"],
  ['PUT', `${SHOP}/slots/blue`, { release: 'r', members: [member, member] }, 400, 'invalid', 'duplicate'],
  [
    'PUT',
    `${SHOP}/slots/blue`,
    { release: 'r', members: ['127.0.0.1:80'] },
    400,
    'invalid',
    'body/members/0',
  ],
  [
    'PUT',
    `${SHOP}/slots/blue`,
    { release: 'r', members: ['http://u:p@h:80'] },
    400,
    'invalid',
    'body/members/0',
  ],
  [
    'PUT',
    `${SHOP}/slots/blue`,
    { release: 'r', members: ['http://127.0.0.1:80/x'] },
    400,
    'invalid',
    'members/0',
  ],
  [
    'PUT',
    `${SHOP}/slots/blue`,
    { release: 'r', members: ['http://127.0.0.1:99999'] },
    400,
    'invalid',
    '99999',
  ],
  ['PUT', `${SHOP}/slots/blue`, { release: '', members: [member] }, 400, 'invalid', 'body/release'],
  ['PUT', `${SHOP}/slots/a%2F..`, { release: 'r', members: [member] }, 400, 'invalid', 'params/slot'],
  ['PUT', `${SHOP}/split`, splitOf(9_999.5), 400, 'invalid', 'must be integer'],
  ['PUT', `${SHOP}/split`, splitOf(-1), 400, 'invalid', 'must be >= 0'],
  ['PUT', `${SHOP}/split`, { ...splitOf(1), shares: { blue: 9_000 } }, 400, 'invalid', 'sum to 9000'],
  ['PUT', `${SHOP}/split`, { ...splitOf(1), shares: {} }, 400, 'invalid', 'body/shares'],
  [
    'PUT',
    `${SHOP}/split`,
    { ...splitOf(1), shares: { red: 10_000 } },
    400,
    'unknown_slot',
    'admitted are: blue',
  ],
  ['PUT', `${SHOP}/split`, { ...splitOf(1), shares: { Blue: 10_000 } }, 400, 'invalid', 'unknown key Blue'],
  ['PUT', `${SHOP}/split`, splitOf(1, { candidate: '' }), 400, 'invalid', 'body/candidate'],
  ['PUT', `${SHOP}/split`, splitOf(1, { salt: '' }), 400, 'invalid', 'body/salt'],
  ['PUT', `${SHOP}/split`, splitOf(1, { user_key: [{ query: 'x' }] }), 400, 'invalid', 'unknown key query'],
  [
    'PUT',
    `${SHOP}/split`,
    splitOf(1, { user_key: [{ header: 'x', cookie: 'y' }] }),
    400,
    'invalid',
    'user_key/0',
  ],
  [
    'PUT',
    `${SHOP}/split`,
    splitOf(1, { user_key: [{ header: 'a b' }] }),
    400,
    'invalid',
    'user_key/0/header',
  ],
  ['POST', `${SHOP}/slots/blue/drain`, undefined, 400, 'invalid', "required property 'timeout'"],
  ['POST', `${SHOP}/slots/blue/drain?timeout=1s`, undefined, 400, 'invalid', 'querystring/timeout'],
  ['GET', '/nothing?x=1', undefined, 404, 'not_found', 'there is no GET /nothing'],
])('%s %s %j: %i %s', async (method, path, body, status, code, message) => {
  const { call, must } = await lab.gateway();
  await must('PUT', SHOP, {});
  await must('PUT', `${SHOP}/slots/blue`, { release: 'r', members: [member] });
  const before = await must('GET', '/targets');
  const { json, status: actual } = await call(method, path, body);
  expect(json).toMatchObject({ error: { code, message: expect.stringContaining(message) as string } });
  expect(actual).toBe(status);
  expect(await must('GET', '/targets')).toEqual(before);
});

describe('only the holder of the token', () => {
  test.each([
    ['GET', '/targets'],
    ['PUT', SHOP],
    ['GET', '/metrics'],
    ['GET', '/nothing'],
  ])('%s %s', async (method, path) => {
    const { adminUrl, token } = await lab.gateway();
    for (const authorization of [undefined, 'Bearer ', `Bearer ${token}x`, `Basic ${token}`, token]) {
      const headers = authorization === undefined ? {} : { authorization };
      const { status, body } = await ask(adminUrl + path, { method, headers });
      expect([status, JSON.parse(body)]).toEqual([401, { error: expect.objectContaining({ code: 'unauthorized' }) as object }]); // prettier-ignore
      expect(body).not.toContain(token);
    }
  });

  test('anyone may ask for its health', async () => {
    const { adminUrl } = await lab.gateway();
    const { status, body } = await ask(`${adminUrl}/health`);
    expect([status, JSON.parse(body)]).toEqual([200, { status: 'ok', pid: process.pid, startedAt: expect.any(String) as string }]); // prettier-ignore
  });

  test('token, state and address are for the owner alone', async () => {
    const { stateDir, must } = await lab.gateway();
    await must('PUT', SHOP, {});
    for (const file of ['token', 'state.json', 'gateway.json']) {
      expect((await stat(join(stateDir, file))).mode & 0o777).toBe(0o600);
    }
  });
});

describe('the address of a target', () => {
  test('a port that is taken is refused and nothing is kept', async () => {
    const { call, must } = await lab.gateway();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    lab.onEnd(() => new Promise((resolve) => taken.close(resolve)));
    const { port } = taken.address() as AddressInfo;
    const { status, json } = await call('PUT', SHOP, { listen: port });
    expect(status).toBe(409);
    expect(json).toMatchObject({ error: { code: 'port_taken', message: expect.stringContaining(String(port)) as string } }); // prettier-ignore
    expect(await must('GET', '/targets')).toEqual({ targets: [] });
  });

  test('0 keeps the port it has; another port moves it without losing slots and shares', async () => {
    const gateway = await lab.gateway();
    const { url } = await lab.backend('blue');
    const address = await twoSlots(gateway, url, url);
    expect((await gateway.must('PUT', SHOP, { listen: 0 })).address).toBe(address);
    const other = new URL(await lab.nobody()).port;
    const moved = await gateway.must('PUT', SHOP, { listen: Number(other) });
    expect(moved.address).toBe(`http://127.0.0.1:${other}`);
    expect((await ask(moved.address)).body).toBe('blue');
    await until(() => refuses(address));
  });

  test('a port that is taken at a restart is opened as soon as it is free', async () => {
    const first = await lab.gateway();
    const { url } = await lab.backend('blue');
    const address = await twoSlots(first, url, url);
    await first.running.close();
    const squatter = createServer();
    await new Promise<void>((resolve) =>
      squatter.listen(Number(new URL(address).port), '127.0.0.1', resolve),
    );
    const second = await lab.gateway(first.stateDir);
    expect(await second.must('GET', SHOP)).toMatchObject({ listening: false, shares: { blue: 10_000 } });
    await new Promise((resolve) => squatter.close(resolve));
    await until(async () => (await second.must('GET', SHOP)).listening);
    expect((await ask(address)).body).toBe('blue');
  });
});

describe('the state directory', () => {
  test('a second gateway on it is refused', async () => {
    const { stateDir, must } = await lab.gateway();
    await expect(startGateway({ stateDir, adminPort: 0, log: silent })).rejects.toThrow('runs on');
    expect(await must('GET', '/targets')).toEqual({ targets: [] });
  });

  test.each(['', '{', '{"version":2,"targets":[]}', '{"version":1}'])(
    'state %j is refused, not taken for empty',
    async (text) => {
      const stateDir = await lab.folder();
      await writeFile(join(stateDir, 'state.json'), text);
      await expect(startGateway({ stateDir, adminPort: 0, log: silent })).rejects.toThrow('state.json');
      expect(await readFile(join(stateDir, 'state.json'), 'utf8')).toBe(text);
    },
  );
});
