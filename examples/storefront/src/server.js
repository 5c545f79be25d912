import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.js';
import { readConfig } from './config.js';
import { log } from './log.js';
import { openPages } from './pages.js';
import { openShop } from './shop.js';
import { readVersion } from './version.js';

main().catch(fail);

/** Listens first, so that /health and /ready answer while the shop warms up. */
async function main() {
  const config = readConfig(process.env);
  const version = await readVersion();
  const state = { phase: 'starting', shop: undefined, pages: undefined };
  const server = createServer(createApp({ config, state, version }));
  // Longer than any router keeps an idle connection, so that the router, which can choose another one, closes first.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 66_000;
  server.requestTimeout = 30_000;
  server.on('error', fail);
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.on(signal, () => stop({ server, state, config, signal }));
  server.listen(config.port, config.host, () => {
    const { address, port } = server.address();
    log('info', 'listening', { address, port, ...version });
  });
  [state.shop, state.pages] = await Promise.all([openShop(config), openPages()]);
  if (state.phase === 'starting') state.phase = 'ready';
}

/** Not ready any more, then no new connections, then out once the last request in flight is answered. */
async function stop({ server, state, config, signal }) {
  if (state.phase === 'draining') return;
  state.phase = 'draining';
  log('info', 'draining', { signal });
  await sleep(config.drainDelayMs);
  const tooLong = setTimeout(() => {
    log('error', 'requests in flight took too long and were cut off');
    process.exitCode = 1;
    server.closeAllConnections();
  }, config.drainTimeoutMs);
  server.close(() => {
    clearTimeout(tooLong);
    log('info', 'stopped');
  });
}

function fail(error) {
  log('error', 'cannot start', { error: error.message });
  process.exit(1);
}
