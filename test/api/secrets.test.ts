import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Statement } from '../../src/domain/statement.js';
import { digestOf } from '../../src/hash.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { deploymentPlan, statement } from '../support/plans.js';
import { ask, json, lab, type Lab } from './server.js';

let api: Lab;
beforeAll(async () => {
  api = await lab();
});
afterAll(() => api.close());
const get = (path: string) => ask(api.url + path);
const post = (path: string, body: unknown) =>
  ask(api.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('secrets', () => {
  const path = 'production/key';
  const sealed = '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n';
  const set = (more: Partial<Statement> = {}, body: object = {}) =>
    post('/v1/secrets', {
      ...{ path, sealed },
      statement: statement('ann', 'set_secret', digestOf({ wish: 'set_secret', path, sealed }), more),
      ...body,
    });
  const remove = (asked: { version?: number; inUse: boolean }) => {
    const on = digestOf({ wish: 'remove_secret', path, ...asked });
    return post('/v1/secrets/remove', { path, ...asked, statement: statement('bob', 'remove_secret', on) });
  };

  test('are kept for a statement about exactly that, once; both are in the audit, and the value is not', async () => {
    const once = { nonce: 'once' };
    expect(json(await set(once))).toEqual({ path, version: 1 });
    for (const again of [
      once,
      { verb: 'remove_secret' as const },
      { on: 'x' },
      { until: '2020-01-01T00:00:00Z' },
    ])
      expect(await set(again)).toMatchObject({ status: 403 });
    expect(await set({}, { statement: 'ann' })).toMatchObject({ status: 403 });
    for (const wrong of [{ sealed: 'plain text' }, { path: '../x' }, { value: 'x' }])
      expect(await set({}, wrong)).toMatchObject({ status: 400 });
    expect(json(await get('/v1/secrets'))).toMatchObject({
      secrets: [{ path, versions: [{ version: 1, by: 'ann' }] }],
      uses: [],
    });
    const entries = (await api.store.audit.list({ workflow: `secret/${path}` })).map(({ entry }) => entry);
    expect(entries.map((e) => [e.event_type, e.user, e.details])).toEqual([
      ['effect.intent', 'ann', { effect: 'secret.set', path }],
      ['secret.set', 'ann', { path, version: 1 }],
    ]);
    expect(entries[1]).toMatchObject({ ip_address: '127.0.0.1', statement: { nonce: 'once' } });
    expect(JSON.stringify(entries)).not.toContain('BEGIN AGE');
  });

  test('that a target needs are removed only by who says so', async () => {
    const { configuration, ...rest } = deploymentPlan();
    const secrets = { KEY: { secret: path, version: 1 } };
    const row = rowOf({ service: 'using', environment: 'production' }, 1, {
      plan: { ...rest, configuration: { ...configuration, secrets } },
    });
    await admitRow(api.store, row);
    expect(await remove({ version: 1, inUse: false })).toMatchObject({
      status: 409,
      text: expect.stringContaining('in use: v1 by using in production (being deployed)') as string,
    });
    expect(await remove({ version: 2, inUse: true })).toMatchObject({ status: 404 });
    expect(json(await remove({ version: 1, inUse: true }))).toEqual({ path, versions: [1] });
    expect(await remove({ inUse: false })).toMatchObject({ status: 404 });
  });
});
