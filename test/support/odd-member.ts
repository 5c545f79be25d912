import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** A member that ends its answers in every way there is. */
export async function oddMember() {
  const server = createServer((req, res) => {
    const ways: Readonly<Record<string, () => unknown>> = {
      '/reset': () =>
        res.writeHead(200, { 'content-length': 9 }).write('half', () => res.socket?.resetAndDestroy()),
      '/short': () => res.writeHead(200, { 'content-length': 9 }).write('half', () => res.socket?.end()),
      '/chunks': () => res.writeHead(200).write('half', () => res.socket?.end()),
      '/stuck': () => res.writeHead(200, { 'content-length': 9 }).write('half'),
      '/empty': () => res.writeHead(204).end(),
      '/not-modified': () => res.writeHead(304).end(),
      '/until-closed': () => res.socket?.end('HTTP/1.0 200 OK\r\n\r\nall'),
      '/hang': () => undefined,
    };
    (ways[req.url ?? ''] ?? (() => res.end('whole')))();
  });
  server.on('upgrade', (_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n');
    socket.pipe(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    end: (): void => {
      server.close().closeAllConnections();
    },
  };
}

/** A connection that a request has become. */
export async function upgraded(address: string): Promise<Duplex> {
  const asked = request(address, { headers: { upgrade: 'echo', connection: 'upgrade' } }).end();
  const [, socket] = (await once(asked, 'upgrade')) as [unknown, Duplex];
  return socket;
}
