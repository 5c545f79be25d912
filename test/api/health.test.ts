import { Counter, Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, json, lab, type Lab } from './server.js';

const metrics = new Registry();
new Counter({ name: 'shipway_tests_total', help: 'tests', registers: [metrics] }).inc();

let disk: () => Promise<string> = () => Promise.resolve('9 GiB free');
let api: Lab;
beforeAll(async () => {
  api = await lab({ metrics });
});
afterAll(() => api.close());

test('live and metrics', async () => {
  expect(json(await ask(`${api.url}/live`))).toEqual({ status: 'live' });
  const answer = await ask(`${api.url}/metrics`);
  expect(answer.headers['content-type']).toContain('text/plain');
  expect(answer.text).toContain('shipway_tests_total 1');
});

test('health says what is well and what is not', async () => {
  const other = await lab({
    checks: { database: () => Promise.resolve('answers'), disk_space: () => disk() },
  });
  const healthy = await ask(`${other.url}/health`);
  expect([healthy.status, json(healthy)]).toEqual([
    200,
    {
      status: 'healthy',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      version: '1.2.3',
      checks: {
        database: { status: 'ok', detail: 'answers' },
        disk_space: { status: 'ok', detail: '9 GiB free' },
      },
    },
  ]);
  expect((await ask(`${other.url}/ready`)).status).toBe(200);
  disk = () => Promise.reject(new Error('only 3 MiB left'));
  const full = await ask(`${other.url}/health`);
  expect([full.status, json(full)]).toMatchObject([
    503,
    { status: 'unhealthy', checks: { disk_space: { status: 'failed', detail: 'only 3 MiB left' } } },
  ]);
  const ready = await ask(`${other.url}/ready`);
  expect([ready.status, json(ready)]).toEqual([503, { status: 'not_ready', failed: ['disk_space'] }]);
  disk = () => new Promise(() => undefined);
  expect(json(await ask(`${other.url}/health`))).toMatchObject({
    checks: { disk_space: { status: 'failed', detail: 'no answer within 2 s' } },
  });
  await other.close();
});

test('a lost database is 503 everywhere, live goes on, and all is well when it is back', async () => {
  await api.cluster.kill('SIGKILL');
  for (const path of [
    '/v1/audit',
    '/v1/audit/stream',
    '/v1/history',
    '/v1/targets',
    '/v1/policy',
    '/v1/runs/r/logs',
  ]) {
    const answer = await ask(api.url + path);
    expect([path, answer.status, json(answer)]).toMatchObject([
      path,
      503,
      { error: { type: 'store.unavailable' } },
    ]);
  }
  expect((await ask(`${api.url}/health`)).status).toBe(503);
  expect((await ask(`${api.url}/live`)).status).toBe(200);
  await api.cluster.start();
  expect((await ask(`${api.url}/v1/audit`)).status).toBe(200);
  expect((await ask(`${api.url}/health`)).status).toBe(200);
  expect(api.bugs).toEqual([]);
});

test('following a log outlives a database that goes and comes back', async () => {
  const answer = await fetch(`${api.url}/v1/runs/r1/logs?follow=true`);
  const reader = (answer.body ?? expect.fail('no body')).getReader();
  await api.cluster.kill('SIGINT');
  await new Promise((done) => setTimeout(done, 600));
  await api.cluster.start();
  api.artifacts.kept.set('a'.repeat(64), Buffer.from('after'));
  await api.store.logs.add({
    run: 'r1',
    stage: 's',
    attempt: 1,
    seq: 0,
    digest: 'a'.repeat(64),
    bytes: 5,
    last: true,
  });
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('after');
  await reader.cancel();
});

test('of an error that nobody foresaw the client learns nothing, and the worker everything', async () => {
  const secret = new Error('password is hunter2');
  api.artifacts.has = () => Promise.reject(secret);
  const answer = await ask(`${api.url}/v1/artifacts/sha256/${'a'.repeat(64)}`, { method: 'PUT' });
  expect([answer.status, json(answer)]).toMatchObject([500, { error: { type: 'internal.bug' } }]);
  expect(answer.text).not.toContain('hunter2');
  expect(api.bugs).toEqual([secret]);
});
