import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OpenFeature } from '@openfeature/server-sdk';
import { contextOf, openFlags } from '../src/flags.js';

after(() => OpenFeature.close());
const request = (user, groups) => ({ headers: { 'x-user-id': user, ...(groups && { 'x-groups': groups }) } });

test('without shipway every flag is off', async () => {
  const flags = await openFlags({});
  assert.equal(await flags.getBooleanValue('one-page-checkout', false, contextOf(request('ann'))), false);
});

test('a file says who has what', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'flags-')), 'flags.json');
  const targeting = { if: [{ in: [{ var: 'targetingKey' }, ['ann']] }, 'on'] };
  const flag = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', targeting };
  await writeFile(file, JSON.stringify({ flags: { 'one-page-checkout': flag } }));
  const flags = await openFlags({ SHIPWAY_FLAGS_FILE: file });
  const of = (user) => flags.getBooleanValue('one-page-checkout', false, contextOf(request(user)));
  assert.deepEqual([await of('ann'), await of('bob')], [true, false]);
});

test('a source that does not answer is told, and every flag is off', async (t) => {
  const { mock } = t.mock.method(console, 'warn', () => undefined);
  const flags = await openFlags({ SHIPWAY_FLAGS_FILE: join(tmpdir(), 'no-such-folder/flags.json') });
  assert.equal(await flags.getBooleanValue('one-page-checkout', false, contextOf(request('ann'))), false);
  assert.match(mock.calls[0].arguments[0], /^flags: not all sources answer yet: .*no-such-folder/);
});
