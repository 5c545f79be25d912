import { describe, expect, test } from 'vitest';
import type { DeploymentRow, LogChunk, Store } from '../../src/domain/store.js';
import { newTarget, type TargetState } from '../../src/domain/target.js';
import type { Sample } from '../../src/domain/watching.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { storeOfFile } from './of-file.js';

const { store } = await storeOfFile();

const target = { service: 'shop', environment: 'production' } as const;
const digest = 'a'.repeat(64);
const STRANGE = 'a\u0000b \ud800 🚢';

const row = (n: number, more: Partial<DeploymentRow> = {}) => rowOf(target, n, more);

describe('nonces', () => {
  test('one message has a nonce for good', async () => {
    expect(await store.nonces.claim('n1', 'w1', 'm1')).toBe('claimed');
    expect(await store.nonces.claim('n1', 'w1', 'm1')).toBe('same');
    expect(await store.nonces.claim('n1', 'w1', 'm2')).toBe('taken');
    expect(await store.nonces.claim('n1', 'w2', 'm1')).toBe('taken');
    expect(await store.nonces.claim(STRANGE, STRANGE, STRANGE)).toBe('claimed');
    expect(await store.nonces.claim(STRANGE, STRANGE, STRANGE)).toBe('same');
    expect(await store.nonces.claim(STRANGE.replace('\u0000', '\uFFFD'), 'w', 'm')).toBe('claimed');
  });
  test('of fifty claims at one moment exactly one wins', async () => {
    const claims = await Promise.all(
      Array.from({ length: 50 }, (_, i) => store.nonces.claim('n2', 'w', `m${String(i)}`)),
    );
    expect(claims.filter((c) => c === 'claimed')).toHaveLength(1);
    expect(claims.filter((c) => c === 'taken')).toHaveLength(49);
  });
});

describe('targets', () => {
  const ref = { service: 'saved', environment: 'production' };
  const state: TargetState = newTarget(ref);

  test('come back as they were saved last', async () => {
    expect(await store.targets.load(ref)).toBeUndefined();
    expect(await store.targets.save(state)).toBe(true);
    const mark = { digest, version: 'v1', deployment: 'd', reason: STRANGE, at: '2026-01-01T00:00:00Z' };
    const changed = { ...state, nextN: 2, holdMarks: [mark] };
    expect(await store.targets.save({ ...changed, revision: 1 })).toBe(true);
    expect(await store.targets.load(ref)).toEqual({ ...changed, revision: 2 });
    await store.targets.save({ ...state, service: 'blog' });
    expect((await store.targets.list()).map((t) => t.service)).toEqual(['blog', 'saved']);
    expect(await store.targets.list('saved')).toEqual([{ ...changed, revision: 2 }]);
    expect(await store.targets.list('nothing')).toEqual([]);
  });

  test('a save of what has been saved since changes nothing', async () => {
    const before = await store.targets.load(ref);
    for (const revision of [0, 1, 3]) expect(await store.targets.save({ ...state, revision })).toBe(false);
    expect(await store.targets.load(ref)).toEqual(before);
  });

  test('of many saves of one revision exactly one counts', async () => {
    const saves = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.targets.save({ ...state, revision: 2, nextN: i })),
    );
    expect(saves.filter(Boolean)).toHaveLength(1);
    expect((await store.targets.load(ref))?.revision).toBe(3);
  });
});

describe('deployments', () => {
  const end = {
    endedAt: '2026-11-24T10:00:00Z',
    outcome: 'failed',
    reason: STRANGE,
    failure: 'smoke.failed',
  } as const;

  test('started once, found, open until the first end', async () => {
    await admitRow(store, row(1));
    await expect(admitRow(store, row(1, { requestedBy: 'eve' }))).rejects.toMatchObject({ code: '23505' });
    await admitRow(store, row(2));
    expect(await store.deployments.find(row(1).id)).toEqual(
      row(1, { startedAt: expect.any(String) as string }),
    );
    expect((await store.deployments.open(target)).map((d) => d.n)).toEqual([1, 2]);
    await store.deployments.finish(row(1).id, end);
    await store.deployments.finish(row(1).id, { ...end, outcome: 'shipped' });
    expect(await store.deployments.find(row(1).id)).toMatchObject({ ...end, requestedBy: 'ann' });
    expect((await store.deployments.open(target)).map((d) => d.n)).toEqual([2]);
    expect(await store.deployments.find('deployment/shop/production/99')).toBeUndefined();
  });
  test('what was never started cannot be finished', async () => {
    await expect(store.deployments.finish('deployment/none/x/1', end)).rejects.toMatchObject({
      type: 'internal.bug',
    });
  });
  test('found by the request, the newest if there are several', async () => {
    await admitRow(store, row(3, { requestId: row(2).requestId }));
    expect((await store.deployments.findByRequest(target, row(2).requestId))?.n).toBe(3);
    expect(await store.deployments.findByRequest(target, 'unknown')).toBeUndefined();
    const elsewhere = { ...target, environment: 'staging' };
    expect(await store.deployments.findByRequest(elsewhere, row(2).requestId)).toBeUndefined();
  });
  test('listed newest first, by target, age and number', async () => {
    await admitRow(store, row(4, { startedAt: '2020-01-01T00:00:00Z' }));
    await admitRow(store, row(5, { id: 'deployment/blog/production/5', service: 'blog' }));
    const ns = async (filter: Parameters<Store['deployments']['list']>[0]) =>
      (await store.deployments.list(filter)).map((d) => d.n);
    expect(await ns({ limit: 2 })).toEqual([5, 3]);
    expect(await ns({ service: 'shop' })).toEqual([3, 2, 1, 4]);
    expect(await ns({ service: 'shop', sinceDays: 30, limit: 2 })).toEqual([3, 2]);
    expect(await ns({ environment: 'staging' })).toEqual([]);
  });
});

test('samples are kept once, in the order of time', async () => {
  const sample = (at: string, more: Partial<Sample> = {}): Sample =>
    ({
      deployment: 'd1',
      phase: 'canary 25 %',
      at,
      trigger: 'error_rate',
      value: '1 %',
      limit: '5 %',
      verdict: { kind: 'pass' },
      ...more,
    }) as Sample;
  const late = sample('2026-01-01T00:00:10.000Z');
  const early = sample('2026-01-01T00:00:00.000Z');
  for (const some of [[], [late, early]]) await store.samples.add(some);
  await store.samples.add([
    late,
    sample(late.at, { trigger: 'response_time' }),
    sample(late.at, { deployment: 'd2' }),
  ]);
  const list = await store.samples.list('d1');
  expect(list.map((s) => [s.at, s.trigger])).toEqual([
    [early.at, 'error_rate'],
    [late.at, 'error_rate'],
    [late.at, 'response_time'],
  ]);
  expect(list[0]).toEqual(early);
  expect(await store.samples.list('d1', { from: late.at, limit: 1 })).toEqual([late]);
});

test('the policy published last rules, also one that ruled before', async () => {
  expect(await store.policy.current()).toBeUndefined();
  expect(await store.policy.hasRuled('a')).toBe(false);
  const row = (hash: string) => ({
    hash,
    text: `{"p":"${hash}"}`,
    acceptedAt: '2026-01-01T00:00:00Z',
    worker: 'w',
  });
  for (const hash of ['a', 'b', 'b', 'a']) {
    await store.policy.publish(row(hash));
    expect(await store.policy.current()).toEqual(row(hash));
  }
  expect([await store.policy.hasRuled('b'), await store.policy.hasRuled('c')]).toEqual([true, false]);
});

describe('logs', () => {
  const chunk = (stage: string, attempt: number, seq: number, more: Partial<LogChunk> = {}): LogChunk => ({
    run: 'r1',
    stage,
    attempt,
    seq,
    digest,
    bytes: 3_000_000_000,
    last: false,
    ...more,
  });
  test('once each, by begin of the stage, attempt and seq, from a place on', async () => {
    await store.logs.add(chunk('test', 1, 0));
    await store.logs.add(chunk('build', 1, 0));
    await store.logs.add(chunk('test', 2, 0));
    await store.logs.add(chunk('test', 1, 1, { last: true }));
    await store.logs.add(chunk('test', 1, 0, { digest: 'b'.repeat(64) }));
    await store.logs.add(chunk('test', 1, 0, { run: 'r2' }));
    const list = await store.logs.list({ run: 'r1' });
    expect(list.map((c) => `${c.stage} ${String(c.attempt)} ${String(c.seq)}`)).toEqual([
      'test 1 0',
      'test 1 1',
      'test 2 0',
      'build 1 0',
    ]);
    const { id, ...first } = list[0] ?? expect.fail('no chunk');
    expect(first).toEqual(chunk('test', 1, 0));
    expect((await store.logs.list({ run: 'r1', stage: 'build' })).map((c) => c.stage)).toEqual(['build']);
    expect(await store.logs.list({ run: 'r1', afterId: id })).toHaveLength(3);
    expect(await store.logs.list({ run: 'none' })).toEqual([]);
  });

  test('who follows by id misses nothing that is added meanwhile', async () => {
    const seqs = Array.from({ length: 100 }, (_, i) => i);
    let adding = true;
    const added = Promise.all(seqs.map((seq) => store.logs.add(chunk('s', 1, seq, { run: 'r3' })))).then(
      () => {
        adding = false;
      },
    );
    const seen: number[] = [];
    let afterId = 0;
    for (let more = true; more;) {
      more = adding;
      const page = await store.logs.list({ run: 'r3', afterId });
      for (const c of page) seen.push(c.seq);
      afterId = Math.max(afterId, ...page.map((c) => c.id));
    }
    await added;
    expect(seen.sort((a, b) => a - b)).toEqual(seqs);
  });
});

test('a record of a newer form is not worked with: another worker may', async () => {
  const ref = { service: 'newer', environment: 'production' };
  const state = { schema: 1 as const, ...ref, holdMarks: [], nextN: 1, revision: 0 };
  await store.targets.save(state);
  const saved = { ...state, revision: 1 };
  expect(await store.targets.load(ref)).toEqual(saved);
  await store.targets.save({ ...saved, schema: 2 as 1 });
  await expect(store.targets.load(ref)).rejects.toMatchObject({
    type: 'target.newer',
    message: 'the record of newer in production has form 2, this version knows 1',
  });
});
