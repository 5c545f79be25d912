import { createServer } from 'node:http';
import { contextOf, openFlags } from './flags.js';

const { HOST = '127.0.0.1', PORT = '8080', SHIPWAY_VERSION: version = 'local' } = process.env;
const flags = await openFlags();

/** What is off unless somebody turns it on, and a button in two variants. */
async function page(request) {
  const context = contextOf(request);
  const [onePage, button] = await Promise.all([
    flags.getBooleanValue('one-page-checkout', false, context),
    flags.getStringValue('button', 'Buy', context),
  ]);
  return { version, checkout: onePage ? 'on one page' : 'in three steps', button };
}

const server = createServer(async (request, response) => {
  const body = request.url === '/' ? await page(request) : { status: 'ok', version };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});
server.listen(Number(PORT), HOST);
process.once('SIGTERM', () => {
  // flagd's provider looks for its worker for as long as the process lives.
  server.close(() => process.exit());
});
