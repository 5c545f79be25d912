import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { verifyChain } from '../../src/audit-chain.js';
import type { ChainedEntry } from '../../src/domain/audit.js';
import type { LogChunk } from '../../src/domain/store.js';
import { auditEntry } from '../contracts/audit.js';
import { admitRow } from '../support/admitted.js';
import { deploymentPlan, pipelineInput, plan } from '../support/plans.js';
import { ask, json, lab, type Lab } from './server.js';

let api: Lab;
beforeAll(async () => {
  api = await lab();
});
afterAll(() => api.close());
const get = (path: string) => ask(api.url + path);
const post = (path: string, body: unknown, type = 'application/json') =>
  ask(api.url + path, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const digest = 'a'.repeat(64);

describe('audit', () => {
  test('found by filter, a page at a time', async () => {
    const timestamp = new Date().toISOString();
    const entries = ['a', 'b', 'c'].map((key) => auditEntry({ key, timestamp, service: 'pages' }));
    await api.store.audit.append([
      ...entries,
      auditEntry({ timestamp: '2020-01-01T00:00:00.000Z', service: 'old' }),
    ]);
    const page = json(await get('/v1/audit?service=pages&limit=2')) as ChainedEntry[];
    expect(page.map((c) => c.entry)).toEqual(entries.slice(0, 2));
    const after = String(page[1]?.seq);
    const rest = json(
      await get(`/v1/audit?service=pages&environment=production&after=${after}`),
    ) as ChainedEntry[];
    expect(rest.map((c) => c.entry)).toEqual(entries.slice(2));
    expect(json(await get('/v1/audit?service=old'))).toEqual([]);
    expect(json(await get('/v1/audit?service=old&days=36500'))).toHaveLength(1);
    const workflow = encodeURIComponent('deployment/shop/production/1');
    expect(json(await get(`/v1/audit?workflow=${workflow}&service=pages`))).toHaveLength(3);
  });

  test('the whole chain as lines can be verified', async () => {
    await api.store.audit.append(Array.from({ length: 1_200 }, () => auditEntry()));
    const answer = await get('/v1/audit/stream');
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    const lines = answer.text.trimEnd().split('\n');
    const verdict = await verifyChain(lines.map((line) => JSON.parse(line) as ChainedEntry));
    expect(verdict).toMatchObject({ ok: true, count: lines.length });
    expect(lines.length).toBeGreaterThanOrEqual(1_200);
  });

  test('stage workers report events of stages, and nothing else', async () => {
    const entry = auditEntry({
      key: 'k',
      event_type: 'stage.finished',
      workflow: 'pipeline/stages/1',
      service: 'stages',
    });
    for (const times of [1, 2])
      expect([times, (await post('/v1/stage-audit', { entries: [entry] })).status]).toEqual([times, 204]);
    const found = await api.store.audit.list({ service: 'stages' });
    expect(found.map((c) => c.entry)).toEqual([{ ...entry, key: 'stage:k' }]);
    const statement = { person: 'ann' };
    for (const more of [
      { event_type: 'deployment.promoted' },
      { event_type: 'stage.' },
      { statement },
      { late: 'yes' },
    ]) {
      const answer = await post('/v1/stage-audit', { entries: [{ ...entry, ...more }] });
      expect([answer.status, json(answer)]).toMatchObject([400, { error: { type: 'request.invalid' } }]);
    }
    expect(await api.store.audit.list({ service: 'stages' })).toHaveLength(1);
  });
});

test('history, releases, targets, samples and policy are read', async () => {
  expect(json(await get('/v1/policy'))).toMatchObject({ error: { type: 'policy.none' } });
  const ref = { service: 'shop', environment: 'production' };
  const commit = 'c'.repeat(40);
  const release = { service: 'shop', version: 'v1', commit, digest, artifacts: [] };
  const row = {
    ...ref,
    id: 'deployment/shop/production/1',
    n: 1,
    kind: 'deploy',
    requestId: 'r/deploy',
    requestedBy: 'ann',
    release,
    plan: deploymentPlan(),
    startedAt: new Date().toISOString(),
  } as const;
  await admitRow(api.store, row);
  await api.store.releases.save(release, 'r', []);
  const state = await api.store.targets.load(ref);
  const sample = {
    deployment: row.id,
    phase: 'bake',
    at: row.startedAt,
    trigger: 'error_rate',
    value: '0 %',
    limit: '5 %',
    verdict: { kind: 'pass', reason: 'fine' },
  } as const;
  await api.store.samples.add([sample]);
  const acceptedAt = '2026-01-01T00:00:00Z';
  await api.store.policy.publish({ hash: digest, text: '{"environments":{}}', acceptedAt, worker: 'w' });

  const { plan: of, planHash, run } = pipelineInput(plan('v1'));
  const admitted = { pipeline: `pipeline/shop/${run}`, run, plan: of, planHash, requestedBy: 'ann' };
  await api.store.runs.admit({ run: admitted, nonce: 'n', message: 'm', entries: [] });
  expect(json(await get(`/v1/runs/${run}?service=shop`))).toEqual(admitted);
  expect(json(await get(`/v1/runs/${run}?service=blog`))).toMatchObject({ error: { type: 'run.unknown' } });
  expect((await get(`/v1/runs/${run}`)).status).toBe(400);

  expect(json(await get('/v1/history'))).toEqual([row]);
  expect(json(await get('/v1/history?service=shop&environment=production&days=1&limit=1'))).toEqual([row]);
  expect(json(await get('/v1/history?environment=staging'))).toEqual([]);
  expect(json(await get(`/v1/history?id=${encodeURIComponent(row.id)}`))).toEqual([row]);
  expect(json(await get('/v1/history?run=another'))).toEqual([]);
  expect(json(await get('/v1/releases?service=shop'))).toMatchObject([{ release, run: 'r', evidence: [] }]);
  expect(json(await get(`/v1/releases?service=shop&commit=${commit}`))).toMatchObject([{ run: 'r' }]);
  expect(json(await get(`/v1/releases?service=shop&commit=${'d'.repeat(40)}`))).toEqual([]);
  expect(json(await get('/v1/targets'))).toEqual([state]);
  expect(json(await get('/v1/targets?service=blog'))).toEqual([]);
  const samples = `/v1/samples?deployment=${encodeURIComponent(row.id)}`;
  expect(json(await get(samples))).toEqual([sample]);
  expect(json(await get(`${samples}&from=${row.startedAt}&limit=5000`))).toEqual([sample]);
  expect(json(await get(`${samples}&from=9999-01-01T00:00:00Z`))).toEqual([]);
  expect(json(await get('/v1/policy'))).toEqual({ hash: digest, policy: { environments: {} }, acceptedAt });
});

describe('logs', () => {
  async function chunk(run: string, seq: number, text: string, more: Partial<LogChunk> = {}) {
    const { digest, bytes } = await api.artifacts.put(
      (async function* () {
        await Promise.resolve();
        yield Buffer.from(text);
      })(),
    );
    return post('/v1/stage-log', {
      run,
      stage: 'test',
      attempt: 1,
      seq,
      digest,
      bytes,
      last: false,
      ...more,
    });
  }

  test('a run’s output comes in order, of all stages or one', async () => {
    for (const times of [1, 2]) expect([times, (await chunk('r1', 0, 'one ')).status]).toEqual([times, 204]);
    await chunk('r1', 0, 'built', { stage: 'build' });
    await chunk('r1', 1, 'two é\n', { last: true });
    const answer = await get('/v1/runs/r1/logs');
    expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'one two é\nbuilt',
    ]);
    expect((await get('/v1/runs/r1/logs?stage=build&follow=false')).text).toBe('built');
    expect((await get('/v1/runs/none/logs')).text).toBe('');
    const run = 'pipeline/shop/r9';
    await chunk(run, 0, 'nine');
    expect((await get(`/v1/runs/${encodeURIComponent(run)}/logs`)).text).toBe('nine');
  });

  test('a chunk that is lost is named and hides nothing', async () => {
    await chunk('r2', 0, 'one\n');
    await chunk('r2', 1, 'lost', { digest: 'e'.repeat(64) });
    await chunk('r2', 2, 'three\n');
    expect((await get('/v1/runs/r2/logs')).text).toMatch(
      /^one\n\n\[shipway: 4 bytes of test are lost: .*\]\nthree\n$/,
    );
  });

  test('following begins before the first output and goes on until the client goes', async () => {
    const left = new AbortController();
    const answer = await fetch(`${api.url}/v1/runs/r3/logs?follow=true`, { signal: left.signal });
    expect(answer.status).toBe(200);
    const reader = (answer.body ?? expect.fail('no body')).getReader();
    const next = async () => Buffer.from((await reader.read()).value ?? []).toString();
    await chunk('r3', 0, 'first');
    expect(await next()).toBe('first');
    await sleep(300);
    await chunk('r3', 1, 'second');
    expect(await next()).toBe('second');
    left.abort();
    await expect(reader.read()).rejects.toThrow();
    await sleep(300);
    const polls = vi.spyOn(api.store.logs, 'list');
    await sleep(600);
    expect(polls).not.toHaveBeenCalled();
    polls.mockRestore();
  });

  test('closing the API ends followers', async () => {
    const other = await lab();
    const answer = await fetch(`${other.url}/v1/runs/r/logs?follow=true`);
    const ended = answer.text().catch(() => 'cut');
    await other.close();
    expect(await ended).toBe('cut');
  });
});
