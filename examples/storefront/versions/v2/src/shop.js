import { readFile } from 'node:fs/promises';
import { HttpError } from './http.js';
import { currencies, DEFAULT_CURRENCY, isCurrency, pricesIn } from './pricing.js';

const MAX_LINES = 50;
const MAX_QUANTITY = 99;

/** Loads the catalogue and answers what customers ask of it. */
export async function openShop() {
  const catalogue = JSON.parse(await readFile(new URL('products.json', import.meta.url), 'utf8'));
  const byId = new Map(catalogue.map((product) => [product.id, product]));
  return {
    /** The products whose name or description has every word of `q`; all of them without `q`. */
    products({ q, currency } = {}) {
      const price = pricesIn(known(currency));
      return { products: catalogue.filter(matching(q)).map((product) => shown(product, price)) };
    },

    product(id, { currency } = {}) {
      const price = pricesIn(known(currency));
      const product = byId.get(id);
      if (product === undefined) throw new HttpError(404, `there is no product ${id}`);
      return shown(product, price);
    },

    /** The cart's lines with their prices, and the total. */
    cart({ items, currency } = {}) {
      const price = pricesIn(known(currency));
      const lines = linesOf(items, byId);
      const total = lines.reduce((sum, { product, quantity }) => sum + product.cents * quantity, 0);
      return {
        lines: lines.map(({ product, quantity }) => ({
          id: product.id,
          name: product.name,
          quantity,
          price: price(product.cents * quantity),
        })),
        total: price(total),
      };
    },
  };
}

const shown = ({ id, name, description, cents }, price) => ({ id, name, description, price: price(cents) });

function known(currency = DEFAULT_CURRENCY) {
  if (isCurrency(currency)) return currency;
  throw new HttpError(400, `currency must be one of ${currencies().join(', ')}`);
}

function matching(q = '') {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ name, description }) => {
    const text = `${name} ${description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

function linesOf(items, byId) {
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_LINES)
    throw new HttpError(400, `items must be a list of 1 to ${MAX_LINES} products`);
  return items.map((item, i) => {
    const product = byId.get(item?.id);
    if (product === undefined) throw new HttpError(400, `items[${i}].id is not a product`);
    const quantity = item.quantity ?? 1;
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > MAX_QUANTITY)
      throw new HttpError(400, `items[${i}].quantity must be a whole number from 1 to ${MAX_QUANTITY}`);
    return { product, quantity };
  });
}
