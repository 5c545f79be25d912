import { readFile } from 'node:fs/promises';
import { HttpError } from './http.js';
import { price } from './pricing.js';

const MAX_LINES = 50;
const MAX_QUANTITY = 99;

/** Loads the catalogue and answers what customers ask of it. */
export async function openShop() {
  const catalogue = JSON.parse(await readFile(new URL('products.json', import.meta.url), 'utf8'));
  const byId = new Map(catalogue.map((product) => [product.id, product]));
  return {
    products: () => ({ products: catalogue.map(shown) }),

    product(id) {
      const product = byId.get(id);
      if (product === undefined) throw new HttpError(404, `there is no product ${id}`);
      return shown(product);
    },

    /** The cart's lines with their prices, and the total. */
    cart({ items } = {}) {
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

const shown = ({ id, name, description, cents }) => ({ id, name, description, price: price(cents) });

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
