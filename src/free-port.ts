import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux and macOS give to outgoing connections: one that is kept must still be free when the program that has it comes
 * back from a crash.
 */
const FROM = 18_000;
const TO = 32_000;
const TRIES = 50;

/** Opens on a free port. Fails when none of many random ones is free. */
export async function openFree<T>(open: (port: number) => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await open(randomInt(FROM, TO));
    } catch (error) {
      if (left <= 1 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

/** A port of 127.0.0.1 that nobody listens on now. */
export const freePort = (): Promise<number> =>
  openFree(async (port) => {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return port;
  });
