import { once } from 'node:events';
import { createServer } from 'node:http';

/** What Prometheus scrapes at a port: lines in its text form, which a test changes as it goes. */
export async function exporterAt(port: number) {
  const lines = new Map<string, string | number>();
  const server = createServer((_, res) => {
    res.end([...lines].map(([series, value]) => `${series} ${String(value)}\n`).join(''));
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { lines, end: () => server.close().closeAllConnections() };
}
