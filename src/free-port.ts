import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hold } from './exclusive.js';

/**
 * Below the ports that Linux and macOS give to outgoing connections: one that is kept must still be free when the program that has it comes
 * back from a crash.
 */
const FROM = 18_000;
const TO = 32_000;
const TRIES = 50;
/** A program that was given a port listens on it by then, or has been given up. */
const PROMISED_MS = 60_000;

/** Opens on a free port that no other program of this host was given to open later. Fails when none of many random ones is. */
export const openFree = <T>(open: (port: number) => Promise<T>): Promise<T> =>
  onFree(open, (release) => {
    release();
  });

/**
 * A port of 127.0.0.1 that nobody listens on now, for a program that will: for a minute, or until this process ends, it is given to nobody
 * else on this host. A stranger may still take it.
 */
export const freePort = (): Promise<number> =>
  onFree(
    async (port) => {
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    },
    (release) => setTimeout(release, PROMISED_MS).unref(),
  );

async function onFree<T>(
  open: (port: number) => Promise<T>,
  opened: (release: () => void) => void,
): Promise<T> {
  for (let left = TRIES; left > 0; left--) {
    const port = randomInt(FROM, TO);
    const release = await hold(`/shipway-port/${String(port)}`);
    if (release === undefined) continue;
    try {
      const result = await open(port);
      opened(release);
      return result;
    } catch (error) {
      release();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error(`none of ${String(TRIES)} ports between ${String(FROM)} and ${String(TO)} is free`);
}
