import { json, readJson } from './http.js';

/** What the shop answers over HTTP: method, path and how to answer. */
export const routes = [
  { method: 'GET', path: /^\/api\/products$/, answer: ({ shop, query }) => json(shop.products(query)) },
  {
    method: 'GET',
    path: /^\/api\/products\/([^/]+)$/,
    answer: ({ shop, params, query }) => json(shop.product(params[0], query)),
  },
  {
    method: 'POST',
    path: /^\/api\/cart$/,
    answer: async ({ shop, request }) => json(shop.cart((await readJson(request)) ?? undefined)),
  },
];
