import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from './service.js';

const names = async (response) => (await response.json()).products.map(({ name }) => name);

test('a search finds every word, in name or description', async (t) => {
  const { get } = await startService(t);
  assert.deepEqual(await names(await get('/api/products?q=pepper%20walnut')), ['Pepper mill']);
  assert.deepEqual(await names(await get('/api/products?q=CM')), ['Cast iron pan', 'Bread knife']);
  assert.deepEqual(await names(await get('/api/products?q=zebra')), []);
});
