import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '../../free-port.js';
import { refused } from './failures.js';

/** The port that a target has or is to have: the one that is asked for, else the one it has, else a free one. Fails with `router.refused` when it is taken. */
export async function keptPort(known: number | undefined, listen: number): Promise<number> {
  if (known !== undefined && (listen === 0 || listen === known)) return known;
  if (listen === 0) return freePort();
  const server = createServer().listen(listen, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw refused(`port ${String(listen)} of 127.0.0.1 is taken`);
    // The router may have rights to it that this worker has not.
    if (code !== 'EACCES') throw error;
    return listen;
  }
  server.close();
  await once(server, 'close');
  return listen;
}
