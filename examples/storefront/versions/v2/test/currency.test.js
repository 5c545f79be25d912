import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from './service.js';

for (const [currency, amount] of [
  ['EUR', '12.90'],
  ['GBP', '11.09'],
  ['JPY', '2105'],
  ['USD', '14.06'],
]) {
  test(`prices in ${currency}`, async (t) => {
    const { get, post } = await startService(t);
    const product = await (await get(`/api/products/1?currency=${currency}`)).json();
    assert.deepEqual(product.price, { amount, currency });
    const list = await (await get(`/api/products?currency=${currency}`)).json();
    assert.deepEqual(list.products[0].price, { amount, currency });
    const cart = await (await post('/api/cart', JSON.stringify({ currency, items: [{ id: '1' }] }))).json();
    assert.deepEqual(cart.total, { amount, currency });
  });
}

test('an unknown currency is refused with the ones there are', async (t) => {
  const { get } = await startService(t);
  const response = await get('/api/products?currency=XYZ');
  assert.equal(response.status, 400);
  assert.match((await response.json()).error, /EUR, GBP, JPY, USD/);
  assert.equal((await get('/api/products?currency=toString')).status, 400);
});
