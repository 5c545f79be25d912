import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, json, lab, type Lab } from './server.js';

let api: Lab;
beforeAll(async () => {
  api = await lab();
});
afterAll(() => api.close());
const get = (path: string) => ask(api.url + path);
const digest = 'a'.repeat(64);

const bad = [
  '/v1/audit?service=Shop',
  '/v1/audit?service=shop%00',
  '/v1/audit?service=a&service=b',
  '/v1/audit?days=0',
  '/v1/audit?days=soon',
  '/v1/audit?limit=1001',
  '/v1/audit?limit=-1',
  '/v1/audit?limit=',
  '/v1/audit?servcie=shop',
  '/v1/audit?__proto__=x',
  '/v1/audit/stream?service=shop',
  '/v1/history?limit=1e3',
  '/v1/releases',
  '/v1/releases?service=shop&commit=HEAD',
  '/v1/targets?service=',
  '/v1/samples',
  '/v1/samples?deployment=d&from=yesterday',
  '/v1/samples?deployment=d&from=0001-01-01T00:00:00Z',
  '/v1/samples?deployment=d&limit=5001',
  '/v1/runs/%0a/logs',
  '/v1/runs/r1/logs?follow=yes',
  '/v1/runs/r1/logs?stage=a%20b',
  '/v1/runs/%ff/logs',
];
test.each(bad)('%s', async (path) => {
  const answer = await get(path);
  expect(answer.status).toBe(400);
  expect(json(answer)).toEqual({
    error: {
      type: 'request.invalid',
      message: expect.stringMatching(/./) as string,
      next: expect.stringMatching(/./) as string,
    },
  });
});

test('the message says where and what', async () => {
  const { error } = json(await get('/v1/audit?days=0&servcie=x')) as { error: { message: string } };
  expect(error.message).toMatch(/days: /);
  expect(error.message).toMatch(/servcie/);
});

const chunk = { run: 'r', stage: 's', attempt: 1, seq: 0, digest, bytes: 1, last: true };
test.each([
  ['no JSON', '{', 'application/json', 400],
  ['a wrong type', { ...chunk, seq: '0' }, 'application/json', 400],
  ['a field too many', { ...chunk, more: 1 }, 'application/json', 400],
  ['a negative number', { ...chunk, bytes: -1 }, 'application/json', 400],
  ['a number too large', { ...chunk, seq: 2 ** 31 }, 'application/json', 400],
  ['prototype keys', '{"__proto__": {"run": "r"}}', 'application/json', 400],
  ['nothing', '', 'application/json', 400],
  ['text', JSON.stringify(chunk), 'text/plain', 415],
  ['a form', 'run=r', 'application/x-www-form-urlencoded', 415],
  ['too much', ' '.repeat(5 * 1024 ** 2), 'application/json', 413],
])('a report that is %s', async (_name, body, type, status) => {
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': type };
  const answer = await ask(`${api.url}/v1/stage-log`, { method: 'POST', headers, body: sent });
  expect([answer.status, json(answer)]).toMatchObject([status, { error: { type: 'request.invalid' } }]);
  expect(answer.text).not.toMatch(/node_modules|\.ts:/);
});

test.each(['/', '/v1', '/v1/nothing', '/v1/audit/', '/V1/audit', '/v2/audit'])(
  '%s is no route',
  async (path) => {
    const answer = await get(path);
    expect([answer.status, json(answer)]).toMatchObject([404, { error: { type: 'request.unknown_route' } }]);
  },
);

test('a method that a route has not', async () => {
  const answer = await ask(`${api.url}/v1/audit`, { method: 'DELETE' });
  expect([answer.status, json(answer)]).toMatchObject([404, { error: { type: 'request.unknown_route' } }]);
});

test('none of it is an error that nobody foresaw', () => {
  expect(api.bugs).toEqual([]);
});
