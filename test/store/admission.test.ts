import { describe, expect, test } from 'vitest';
import { newTarget } from '../../src/domain/target.js';
import { auditEntry } from '../contracts/audit.js';
import { admitRow, permitOf, rowOf } from '../support/admitted.js';
import { requestFor, runFor } from '../support/plans.js';
import { storeOfFile } from './of-file.js';

const { store, url } = await storeOfFile();
const STRANGE = 'a\u0000b \ud800 🚢';

describe('permits', () => {
  test('granted once, closed once, not opened again', async () => {
    const other = rowOf({ service: 'permits', environment: 'production' }, 1);
    const permit = permitOf(other);
    expect(await store.permits.find(permit.deployment)).toBeUndefined();
    expect(await admitRow(store, other, permit)).toBe(true);
    expect(await store.permits.find(permit.deployment)).toEqual(permit);
    await store.permits.close(permit.deployment, '2026-01-02T00:00:00Z');
    await store.permits.close(permit.deployment, '2026-01-03T00:00:00Z');
    await expect(admitRow(store, other, permit)).rejects.toMatchObject({ code: '23505' });
    expect(await store.permits.find(permit.deployment)).toEqual({
      ...permit,
      closedAt: '2026-01-02T00:00:00Z',
    });
  });
  test('an id that no database can keep is only unknown', async () => {
    expect(await store.permits.find(STRANGE)).toBeUndefined();
  });
});

describe('admission of a deployment', () => {
  const ref = { service: 'admitted', environment: 'production' };
  const mine = (n: number) => rowOf(ref, n);
  const admit = (n: number, revision: number, key = `admitted-${String(n)}`) =>
    store.deployments.admit({
      row: mine(n),
      permit: permitOf(mine(n)),
      state: { ...newTarget(ref), nextN: n + 1, revision },
      entries: [auditEntry({ key, service: 'admitted' })],
    });
  const written = async () => ({
    target: (await store.targets.load(ref))?.nextN,
    rows: (await store.deployments.open(ref)).map((r) => r.n),
    permit: (await store.permits.find(mine(2).id))?.deployment,
    audit: (await store.audit.list({ service: 'admitted' })).map((c) => c.entry.key),
    waiting: (await store.requests.waiting(ref)).map((r) => r.requestId),
  });

  test('writes target, row, permit, audit and the end of the wait, or nothing of them', async () => {
    const { requestId } = mine(2);
    await store.requests.note(requestFor('admitted', 'production', 'v1', requestId));
    expect(await admit(1, 0)).toBe(true);
    const before = { target: 2, rows: [1], permit: undefined, audit: ['admitted-1'], waiting: [requestId] };
    expect(await written()).toEqual(before);
    // Somebody has saved the target since; a number that is taken; each table in turn refuses.
    expect(await admit(2, 0)).toBe(false);
    expect(await admit(2, 7)).toBe(false);
    await expect(admit(1, 1, 'again')).rejects.toMatchObject({ code: '23505' });
    const { Client } = await import('pg');
    const owner = new Client({ connectionString: url });
    await owner.connect();
    for (const table of ['targets', 'deployments', 'permits', 'requests', 'audit']) {
      await owner.query(
        `CREATE FUNCTION shipway.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stopped'; END $$;
         CREATE TRIGGER stop AFTER INSERT OR UPDATE ON shipway.${table} FOR EACH ROW EXECUTE FUNCTION shipway.stop()`,
      );
      await expect(admit(2, 1)).rejects.toThrow('stopped');
      await owner.query('DROP FUNCTION shipway.stop CASCADE');
      expect(await written()).toEqual(before);
    }
    await owner.end();
    expect(await admit(2, 1)).toBe(true);
    expect(await written()).toEqual({
      ...{ target: 3, rows: [1, 2], permit: mine(2).id, audit: ['admitted-1', 'admitted-2'], waiting: [] },
    });
  });

  test('knows the highest number of rows and permits', async () => {
    expect(await store.deployments.lastNumber(ref)).toBe(2);
    expect(await store.deployments.lastNumber({ ...ref, service: 'none' })).toBe(0);
    await admitRow(store, { ...mine(9), n: 1 });
    expect(await store.deployments.lastNumber(ref)).toBe(9);
  });
});

test('a run is admitted with its nonce and its entry or not at all, and stays as it was first', async () => {
  const run = runFor(requestFor('shop', 'staging', 'v1', 'run-1'));
  const admit = (more: object = {}, message = 'm', key = 'run-admitted') =>
    store.runs.admit({
      run: { ...run, ...more },
      ...{ nonce: 'of a run', message, entries: [auditEntry({ key, service: 'runs' })] },
    });
  expect(await store.runs.find(run.pipeline)).toBeUndefined();
  expect([await admit(), await admit({ requestedBy: 'eve' })]).toEqual([true, true]);
  expect(await admit({ pipeline: 'pipeline/shop/other' }, 'm', 'stolen')).toBe(false);
  expect(await admit({}, 'another message', 'stolen')).toBe(false);
  expect(await store.runs.find(run.pipeline)).toEqual(run);
  const passed = [{ stage: 'test', evidence: [] }];
  for (const outcome of ['failed', 'aborted'] as const) {
    await store.runs.finish(run.pipeline, { outcome, passed });
    expect(await store.runs.find(run.pipeline)).toEqual({ ...run, ended: { outcome, passed } });
  }
  expect(await store.runs.find('pipeline/shop/other')).toBeUndefined();
  expect((await store.audit.list({ service: 'runs' })).map((c) => c.entry.key)).toEqual(['run-admitted']);
  expect(await store.nonces.has('of a run', run.pipeline, 'm')).toBe(true);
  expect(await store.nonces.has('of a run', 'target/shop/staging', 'm')).toBe(false);
});

test('requests wait in the order of asking until they are settled, for good', async () => {
  const ref = { service: 'waiting', environment: 'production' };
  const asked = (id: string) => requestFor(ref.service, ref.environment, 'v1', id);
  for (const id of ['b', 'a', STRANGE, 'b']) await store.requests.note(asked(id));
  expect((await store.requests.waiting(ref)).map((r) => r.requestId)).toEqual(['b', 'a', STRANGE]);
  expect((await store.requests.waiting(ref))[0]).toEqual(asked('b'));
  const answer = { status: 'refused', type: 'release.held', message: 'no' } as const;
  for (const id of ['b', 'never arrived']) {
    expect(await store.requests.answer(ref, id)).toBeUndefined();
    await store.requests.settle(ref, id, answer);
    await store.requests.settle(ref, id, { ...answer, message: 'later' });
    await store.requests.note(asked(id));
    expect(await store.requests.answer(ref, id)).toEqual(answer);
  }
  expect((await store.requests.waiting(ref)).map((r) => r.requestId)).toEqual(['a', STRANGE]);
});
