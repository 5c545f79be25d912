import { health, ready } from './health.js';
import { HttpError, json, SECURITY_HEADERS, text } from './http.js';
import { log } from './log.js';
import { openMetrics } from './metrics.js';
import { routes } from './routes.js';

/** What no user asks. */
const OPERATORS = ['/health', '/ready', '/metrics'];

/**
 * The request listener. `state.phase` goes starting → ready → draining; `state.shop` and `state.pages` are there
 * from `ready` on. Every answer names the version that gave it.
 */
export function createApp({ config, state, version }) {
  const always = { ...SECURITY_HEADERS, 'x-version': version.version };
  const metrics = openMetrics();
  return async (request, response) => {
    const begun = performance.now();
    const { status, headers, body } = await answer(request, { config, state, version, metrics });
    if (!OPERATORS.includes(request.url)) metrics.observe((performance.now() - begun) / 1000);
    if (response.destroyed) return;
    // While draining each connection is used once more and then closed, so that none is cut in mid-request.
    const closing = state.phase === 'draining' ? { connection: 'close' } : {};
    response.writeHead(status, {
      'content-length': Buffer.byteLength(body),
      ...headers,
      ...closing,
      ...always,
    });
    response.end(body);
  };
}

async function answer(request, service) {
  try {
    return await route(request, service);
  } catch (error) {
    if (error instanceof HttpError) return json({ error: error.message }, error.status, error.headers);
    log('error', 'request failed', { method: request.method, url: request.url, error: error.message });
    return json({ error: 'something went wrong on our side' }, 500);
  }
}

async function route(request, service) {
  const path = pathOf(request);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (path.pathname === '/health') return allow('GET', method, () => health(service));
  if (path.pathname === '/ready') return allow('GET', method, () => ready(service));
  if (path.pathname === '/metrics') return allow('GET', method, () => text(service.metrics.text()));
  const { shop, pages } = service.state;
  if (shop === undefined) throw new HttpError(503, 'not ready yet', { 'retry-after': '1' });
  const page = pages(path.pathname);
  if (page !== undefined) return allow('GET', method, () => page);
  for (const candidate of routes) {
    const match = candidate.path.exec(path.pathname);
    if (match === null) continue;
    const input = { shop, request, params: match.slice(1), query: Object.fromEntries(path.searchParams) };
    return allow(candidate.method, method, () => candidate.answer(input));
  }
  throw new HttpError(404, `there is nothing at ${path.pathname}`);
}

function allow(allowed, method, run) {
  if (method === allowed) return run();
  throw new HttpError(405, `${method} is not allowed here`, {
    allow: allowed === 'GET' ? 'GET, HEAD' : allowed,
  });
}

function pathOf(request) {
  try {
    return new URL(`http://storefront${request.url}`);
  } catch {
    throw new HttpError(400, 'the address is malformed');
  }
}
