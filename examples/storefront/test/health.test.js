import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../src/config.js';
import { startService } from './service.js';

test('healthy: 200 with the checks', async (t) => {
  const { get } = await startService(t);
  const response = await get('/health');
  const body = await response.json();
  assert.equal(response.status, 200);
  assert.equal(body.status, 'healthy');
  assert.equal(body.version, '0.0.0-test');
  assert.ok(!Number.isNaN(Date.parse(body.timestamp)));
  assert.deepEqual([body.checks.memory.status, body.checks.disk_space.status], ['ok', 'ok']);
});

for (const [check, env] of [
  ['disk_space', { MIN_FREE_DISK_MB: '9007199254740991' }],
  ['memory', { MEMORY_LIMIT_MB: '1' }],
]) {
  test(`unhealthy when ${check} fails: 503`, async (t) => {
    const { get } = await startService(t, { env });
    const response = await get('/health');
    const body = await response.json();
    assert.equal(response.status, 503);
    assert.equal(body.status, 'unhealthy');
    assert.equal(body.checks[check].status, 'failed');
  });
}

test('ready only between warm-up and draining; health does not depend on it', async (t) => {
  const { get, state } = await startService(t, { phase: 'starting' });
  assert.equal((await get('/ready')).status, 503);
  assert.equal((await get('/api/products')).status, 503);
  assert.equal((await get('/health')).status, 200);
  state.phase = 'ready';
  assert.equal((await get('/ready')).status, 200);
  state.phase = 'draining';
  assert.equal((await get('/ready')).status, 503);
  assert.equal((await get('/health')).status, 200);
});

test('metrics count how long answers to users took', async (t) => {
  const { get } = await startService(t);
  const metrics = async () => (await get('/metrics')).text();
  assert.match(await metrics(), /^http_request_duration_seconds_bucket\{le="\+Inf"\} 0$/m);
  await get('/api/products');
  await get('/health');
  const text = await metrics();
  assert.match(text, /^http_request_duration_seconds_bucket\{le="10"\} 1$/m);
  assert.match(text, /^http_request_duration_seconds_count 1$/m);
});

test('a setting that is no number is an error', () => {
  assert.throws(() => readConfig({ PORT: 'http' }), /PORT is "http"/);
  assert.throws(() => readConfig({ PORT: '70000' }), /PORT/);
});
