import { once } from 'node:events';
import { request, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ask, Lab, SHOP, splitOf, twoSlots, until, type Admin, type Backend, type Counted } from './lab.js';

const lab = new Lab();
afterEach(() => lab.end());

interface Shop {
  readonly admin: Admin;
  readonly address: string;
  readonly backend: Backend;
}
async function shop(listener?: RequestListener): Promise<Shop> {
  const admin = await lab.gateway();
  const backend = await lab.backend('blue', listener);
  return { admin, backend, address: await twoSlots(admin, backend.url, backend.url) };
}
const blueOf = async (admin: Admin): Promise<Counted['series'][number] | undefined> =>
  (await admin.must<Counted>('GET', `${SHOP}/metrics`)).series.find((s) => s.slot === 'blue');

describe('what goes through', () => {
  test('method, path, query, body and headers, without what belongs to one connection', async () => {
    const { address, backend } = await shop();
    const { status } = await ask(`${address}/a%20b/c?x=1&x=%2F`, {
      method: 'POST',
      body: 'hello',
      headers: {
        'content-type': 'no/such;;type',
        host: 'shop.example.com',
        connection: 'x-mine, close',
        'x-mine': '1',
        te: 'trailers',
        'proxy-authorization': 'Basic x',
        expect: '100-continue',
        'x-forwarded-for': '10.0.0.1',
        'x-custom': 'yes',
      },
    });
    expect(status).toBe(200);
    const seen = backend.seen[0];
    expect(seen).toMatchObject({ method: 'POST', url: '/a%20b/c?x=1&x=%2F', body: 'hello' });
    expect(seen?.headers).toMatchObject({
      host: 'shop.example.com',
      'content-type': 'no/such;;type',
      'x-forwarded-for': '10.0.0.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.example.com',
      via: '1.1 shipway',
      'x-custom': 'yes',
    });
    for (const gone of ['x-mine', 'te', 'proxy-authorization', 'expect']) {
      expect(seen?.headers).not.toHaveProperty(gone);
    }
  });

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT'])(
    '%s without a body',
    async (method) => {
      const { address, backend } = await shop();
      const { status, headers } = await ask(address, { method });
      expect([status, headers['content-length'] ?? '4', backend.seen[0]?.method]).toEqual([200, '4', method]);
    },
  );

  test.each([200, 201, 204, 301, 304, 404, 418, 500, 503])(
    'an answer %i with its headers, once',
    async (code) => {
      const { address, backend } = await shop((_request, response) => {
        response
          .writeHead(code, { 'set-cookie': ['a=1', 'b=2'], location: '/x', 'keep-alive': 'timeout=1' })
          .end();
      });
      const { status, headers } = await ask(address);
      expect(status).toBe(code);
      expect(headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], location: '/x' });
      expect(headers['keep-alive'] ?? '').not.toBe('timeout=1');
      expect(headers['x-powered-by'] ?? headers['x-shipway-slot'] ?? headers['via']).toBeUndefined();
      expect(backend.seen).toHaveLength(1);
    },
  );

  test('the service’s cookies stay beside the gateway’s', async () => {
    const { address, admin } = await shop((_request, response) => {
      response.setHeader('set-cookie', 'session=1').end();
    });
    await admin.must('PUT', `${SHOP}/split`, splitOf(5_000));
    expect((await ask(address)).headers['set-cookie']).toEqual([
      'session=1',
      expect.stringMatching(/^shipway_id=/),
    ]);
  });

  test('bodies stream in both directions', async () => {
    const { address } = await shop((incoming, response) => {
      incoming.pipe(response);
    });
    const asked = request(address, { method: 'POST', agent: false });
    asked.write('one');
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
    expect(String((await once(response, 'data'))[0])).toBe('one');
    asked.write('two');
    expect(String((await once(response, 'data'))[0])).toBe('two');
    asked.end();
    await once(response, 'end');
  });

  test('20 MB pass unchanged', async () => {
    const { address } = await shop((incoming, response) => {
      incoming.pipe(response);
    });
    const body = 'shipway '.repeat(2_500_000);
    expect((await ask(address, { method: 'PUT', body })).body === body).toBe(true);
  });

  test('members take turns', async () => {
    const { admin, address } = await shop();
    const names = ['a', 'b', 'c'];
    const members = await Promise.all(names.map((name) => lab.backend(name)));
    await admin.must('PUT', `${SHOP}/slots/blue`, {
      release: 'sha256:b',
      members: members.map((m) => m.url),
    });
    const answers: string[] = [];
    for (let n = 0; n < 9; n++) answers.push((await ask(address)).body);
    expect(answers).toEqual([...names, ...names, ...names]);
  });
});

describe('what the gateway says itself', () => {
  const said = (body: string): string => (JSON.parse(body) as { error: { code: string } }).error.code;

  test('503 with Retry-After while no slot has a share', async () => {
    const admin = await lab.gateway();
    const { address } = await admin.must('PUT', SHOP, {});
    const { status, headers, body } = await ask(address);
    expect([status, said(body)]).toEqual([503, 'no_slot']);
    expect(headers).toMatchObject({
      'retry-after': '1',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  test('400 to a body on GET, an upward path and a malformed path', async () => {
    const { address, backend } = await shop();
    const bad = [
      await ask(address, { method: 'GET', body: 'x', headers: { 'content-length': '1' } }),
      await ask(address, { path: '/a/../../b' }),
      await ask(address, { path: '/%E0%A4%A' }),
    ];
    expect(bad.map((b) => [b.status, b.headers['x-content-type-options']])).toEqual(
      bad.map(() => [400, 'nosniff']),
    );
    expect(backend.seen).toEqual([]);
  });

  test('400 to bytes that are no HTTP', async () => {
    const { address } = await shop();
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.write('hello\r\n\r\n');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toMatch(/^HTTP\/1\.1 400 .*x-content-type-options: nosniff/s);
  });
});

describe('a member that cannot be reached', () => {
  test('a request that may be repeated goes to the next member, and counts as one without error', async () => {
    const { admin, address, backend } = await shop();
    await admin.must('PUT', `${SHOP}/slots/blue`, {
      release: 'sha256:b',
      members: [await lab.nobody(), backend.url],
    });
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
      for (let turn = 0; turn < 2; turn++) expect((await ask(address, { method })).status).toBe(200);
    }
    await until(async () => (await blueOf(admin))?.requests === 10);
    expect(await blueOf(admin)).toMatchObject({ requests: 10, errors: 0, aborted: 0, inflight: 0 });
    expect((await admin.call('GET', '/metrics')).text).toMatch(/retries_total{[^}]*slot="blue"[^}]*} 5\n/);
  });

  test.each([
    ['POST', undefined],
    ['PATCH', undefined],
    ['PUT', 'body'],
    ['POST', 'body'],
  ])('%s with body %s is not repeated: 502', async (method, body) => {
    const { admin, address, backend } = await shop();
    await admin.must('PUT', `${SHOP}/slots/blue`, {
      release: 'sha256:b',
      members: [await lab.nobody(), backend.url],
    });
    const first = await ask(address, { method, ...(body !== undefined && { body }) });
    expect([first.status, first.headers['x-content-type-options']]).toEqual([502, 'nosniff']);
    expect(backend.seen).toEqual([]);
    await until(async () => (await blueOf(admin))?.errors === 1);
  });

  test('it is tried once more and not twice', async () => {
    const { admin, address, backend } = await shop();
    const members = [await lab.nobody(), await lab.nobody(), backend.url];
    await admin.must('PUT', `${SHOP}/slots/blue`, { release: 'sha256:b', members });
    expect((await ask(address)).status).toBe(502);
    expect(backend.seen).toEqual([]);
    await until(async () => (await blueOf(admin))?.errors === 1);
  });

  test('a connection that dies before the answer is repeated, one that dies within it is not', async () => {
    let times = 0;
    const dies: RequestListener = (incoming, response) => {
      times += 1;
      if (incoming.url === '/within') response.write('half', () => response.destroy());
      else incoming.socket.destroy();
    };
    const { admin, address, backend } = await shop(dies);
    const healthy = await lab.backend('healthy');
    await admin.must('PUT', `${SHOP}/slots/blue`, {
      release: 'sha256:b',
      members: [backend.url, healthy.url],
    });
    for (let turn = 0; turn < 2; turn++) expect((await ask(address)).body).toBe('healthy');
    await expect(ask(`${address}/within`)).rejects.toThrow('aborted');
    expect([times, healthy.seen.length]).toEqual([2, 2]);
    await until(async () => (await blueOf(admin))?.requests === 3);
    expect(await blueOf(admin)).toMatchObject({ requests: 3, errors: 1, aborted: 0 });
  });

  test('a user who leaves in the middle of a 5xx has met an error', async () => {
    const { admin, address } = await shop((_, response) => void response.writeHead(500).write('half'));
    const asked = request(address, { agent: false }, () => asked.destroy());
    asked.on('error', () => undefined);
    asked.end();
    await until(async () => (await blueOf(admin))?.requests === 1);
    expect(await blueOf(admin)).toMatchObject({ errors: 1, aborted: 0 });
  });

  test('a user who leaves is no error of the release', async () => {
    const { admin, address, backend } = await shop(() => undefined);
    const asked = request(address, { agent: false });
    asked.on('error', () => undefined);
    asked.end();
    await until(() => backend.seen.length === 1);
    expect(await blueOf(admin)).toMatchObject({ requests: 0, inflight: 1 });
    asked.destroy();
    await until(async () => (await blueOf(admin))?.inflight === 0);
    expect(await blueOf(admin)).toMatchObject({ requests: 1, errors: 0, aborted: 1 });
  });
});
