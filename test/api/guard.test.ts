import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi } from '../../src/api/server.js';
import { memorySecrets } from '../support/memory-secrets.js';
import { memoryStore } from '../support/memory-store.js';
import { ask, json, lab, type Answer, type Lab } from './server.js';

const ROUTES = [
  ['GET', `/v1/artifacts/sha256/${'a'.repeat(64)}`],
  ['HEAD', `/v1/artifacts/sha256/${'a'.repeat(64)}`],
  ['PUT', `/v1/artifacts/sha256/${'a'.repeat(64)}`],
  ['GET', '/v1/runs/r/logs'],
  ['POST', '/v1/stage-log'],
  ['POST', '/v1/stage-audit'],
  ['GET', '/v1/stage-retention'],
  ['GET', '/v1/audit'],
  ['GET', '/v1/audit/stream'],
  ['GET', '/v1/history'],
  ['GET', '/v1/releases'],
  ['GET', '/v1/targets'],
  ['GET', '/v1/samples'],
  ['GET', '/v1/policy'],
  ['GET', '/%761/policy'],
  ['GET', '//v1/policy'],
  ['GET', '/v1/unknown'],
] as const;
const OPEN = ['/health', '/ready', '/live', '/metrics'] as const;
const TOKEN = 'a long random text';
const STAGES = 'another long random text';

function hasHeaders({ headers }: Answer): void {
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'content-security-policy': expect.stringContaining("default-src 'none'") as string,
    'referrer-policy': 'no-referrer',
  });
  expect(headers['server']).toBeUndefined();
  expect(headers['x-powered-by']).toBeUndefined();
  expect(headers['access-control-allow-origin']).toBeUndefined();
}

describe('with a token', () => {
  let api: Lab;
  beforeAll(async () => {
    api = await lab({ token: TOKEN, stageToken: STAGES });
  });
  afterAll(() => api.close());

  const wrong = [undefined, '', 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN, `bearer  ${TOKEN}`];
  const asked = (method: string, path: string, token: string) =>
    ask(api.url + path, { method, headers: { authorization: `Bearer ${token}` } });
  test.each(ROUTES)('%s %s asks for the one of whoever it is for', async (method, path) => {
    for (const authorization of wrong) {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await ask(api.url + path, { method, headers });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      hasHeaders(answer);
    }
    const [people, stages] = [await asked(method, path, TOKEN), await asked(method, path, STAGES)];
    const [report, artifact] = [path.startsWith('/v1/stage-'), path.startsWith('/v1/artifacts/')];
    expect([people.status === 401, stages.status === 401]).toEqual([report, !report && !artifact]);
    for (const answer of [people, stages]) {
      expect(answer.text).not.toContain(TOKEN);
      hasHeaders(answer);
    }
  });

  test.each(OPEN)('%s does not', async (path) => {
    const answer = await ask(api.url + path);
    expect(answer.status).toBe(200);
    hasHeaders(answer);
  });

  test.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '192.0.2.1',
    '[::2]',
    ':80',
  ])('a request for host %j is refused', async (host) => {
    for (const path of ['/v1/policy', '/health']) {
      const answer = await ask(api.url + path, { headers: { host, authorization: 'Bearer guess' } });
      expect([answer.status, json(answer)]).toMatchObject([421, { error: { type: 'request.host' } }]);
      hasHeaders(answer);
    }
  });

  test('whoever has a token may come by any name, as through a proxy', async () => {
    const headers = { host: 'deploys.example', authorization: `Bearer ${TOKEN}` };
    for (const path of ['/v1/targets', '/health'])
      expect((await ask(api.url + path, { headers })).status).toBe(200);
  });

  test.each(['localhost', 'LOCALHOST:80', '127.0.0.1:7777', '[::1]:80'])('host %s is local', async (host) => {
    expect((await ask(`${api.url}/live`, { headers: { host } })).status).toBe(200);
  });

  test('what is no HTTP gets the same form of answer', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write('GIVE ME\r\n\r\n');
    const text = (await socket.setEncoding('utf8').toArray()).join('');
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { type: 'request.invalid' } });
    for (const header of [
      'x-content-type-options: nosniff',
      'x-frame-options: DENY',
      'cache-control: no-store',
    ])
      expect(text).toContain(`${header}\r\n`);
  });
});

describe('where it may listen', () => {
  test('on another address of the loopback it answers to that', async () => {
    const api = await start({ host: '127.0.0.2' });
    try {
      expect((await ask(`${api.url}/live`)).status).toBe(200);
      expect((await ask(`${api.url}/live`, { headers: { host: 'evil.example' } })).status).toBe(421);
    } finally {
      await api.close();
    }
  });

  test('what the framework itself refuses has all headers too', async () => {
    const api = await start({ host: '127.0.0.1' });
    try {
      hasHeaders(await ask(`${api.url}/v1/%zz`));
    } finally {
      await api.close();
    }
  });

  test('with a token for people and none for stages nobody reports', async () => {
    const api = await start({ host: '127.0.0.1', token: TOKEN });
    try {
      const headers = { authorization: `Bearer ${TOKEN}` };
      expect((await ask(`${api.url}/v1/stage-log`, { method: 'POST', headers })).status).toBe(401);
    } finally {
      await api.close();
    }
  });

  const start = (more: { host: string; port?: number; token?: string }) =>
    startApi({
      store: memoryStore(),
      artifacts: {
        put: never,
        get: never,
        has: never,
        remove: never,
        list: () => expect.fail('not asked for'),
      },
      secrets: memorySecrets(),
      port: 0,
      version: '1',
      maxArtifactBytes: 1024,
      checks: {},
      ...more,
    });
  const never = () => Promise.reject(new Error('not asked for'));

  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('not on %s without a token', async (host) => {
    await expect(start({ host })).rejects.toMatchObject({
      name: 'UsageError',
      next: expect.stringContaining('SHIPWAY_API_TOKEN') as string,
    });
  });

  test('an empty token is none', async () => {
    await expect(start({ host: '127.0.0.1', token: '' })).rejects.toMatchObject({ name: 'UsageError' });
  });

  test('a port that is taken is told', async () => {
    const api = await start({ host: '127.0.0.1' });
    const { port } = new URL(api.url);
    const second = start({ host: '127.0.0.1', port: Number(port) });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await api.close();
  });
});
