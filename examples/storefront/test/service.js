import { once } from 'node:events';
import { createServer } from 'node:http';
import { createApp } from '../src/app.js';
import { readConfig } from '../src/config.js';
import { openPages } from '../src/pages.js';
import { openShop } from '../src/shop.js';

/** The app on a free port, warmed up unless told otherwise; it ends with the test. */
export async function startService(t, { env = {}, phase = 'ready' } = {}) {
  const config = readConfig(env);
  const state = { phase, shop: undefined, pages: undefined };
  if (phase !== 'starting') [state.shop, state.pages] = await Promise.all([openShop(config), openPages()]);
  const server = createServer(
    createApp({ config, state, version: { version: '0.0.0-test', commit: 'none' } }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => new Promise((done) => server.close(done)));
  const url = `http://127.0.0.1:${server.address().port}`;
  const get = (path, options) => fetch(url + path, { ...options, headers: { connection: 'close' } });
  return { get, state, post: (path, body) => get(path, { method: 'POST', body }) };
}
