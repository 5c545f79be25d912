import { json, readJson } from './http.js';

/** What the shop answers over HTTP: method, path and how to answer. */
export const routes = [
  { method: 'GET', path: /^\/api\/products$/, answer: ({ shop }) => json(shop.products()) },
  {
    method: 'GET',
    path: /^\/api\/products\/([^/]+)$/,
    answer: ({ shop, params }) => json(shop.product(params[0])),
  },
  {
    method: 'POST',
    path: /^\/api\/cart$/,
    answer: async ({ shop, request }) => json(shop.cart((await readJson(request)) ?? undefined)),
  },
];
