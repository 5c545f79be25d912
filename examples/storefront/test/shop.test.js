import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from './service.js';

test('the page comes with its security headers', async (t) => {
  const { get } = await startService(t);
  const response = await get('/');
  assert.equal(response.status, 200);
  assert.match(await response.text(), /<h1>Storefront<\/h1>/);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(response.headers.get('x-frame-options'), 'DENY');
  assert.match(response.headers.get('content-security-policy'), /default-src 'self'/);
  assert.equal(response.headers.get('x-version'), '0.0.0-test');
});

test('products are listed with their prices', async (t) => {
  const { get } = await startService(t);
  const { products } = await (await get('/api/products')).json();
  assert.equal(products.length, 8);
  assert.deepEqual(products[0].price, { amount: '12.90', currency: 'EUR' });
});

test('one product is found by its id, an unknown one is 404', async (t) => {
  const { get } = await startService(t);
  const found = await (await get('/api/products/4')).json();
  assert.equal(found.name, 'Cast iron pan');
  assert.equal((await get('/api/products/nine')).status, 404);
  assert.equal((await get('/nowhere')).status, 404);
});

test('a cart is added up', async (t) => {
  const { post } = await startService(t);
  const response = await post(
    '/api/cart',
    JSON.stringify({ items: [{ id: '1', quantity: 2 }, { id: '8' }] }),
  );
  assert.equal(response.status, 200);
  const { lines, total } = await response.json();
  assert.deepEqual(
    lines.map(({ id, quantity, price }) => [id, quantity, price.amount]),
    [
      ['1', 2, '25.80'],
      ['8', 1, '9.90'],
    ],
  );
  assert.deepEqual(total, { amount: '35.70', currency: 'EUR' });
});

test('a cart that cannot be is refused with the reason', async (t) => {
  const { get, post } = await startService(t);
  const refused = [
    ['not json', 400],
    ['null', 400],
    ['{"items":[]}', 400],
    ['{"items":[{"id":"9"}]}', 400],
    ['{"items":[{"id":"1","quantity":0}]}', 400],
    [JSON.stringify({ items: 'x'.repeat(70_000) }), 413],
  ];
  for (const [body, status] of refused) {
    const response = await post('/api/cart', body);
    assert.equal(response.status, status, body.slice(0, 40));
    assert.ok((await response.json()).error);
  }
  assert.equal((await get('/api/cart')).status, 405);
});
