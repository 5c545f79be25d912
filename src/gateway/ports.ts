import { randomInt } from 'node:crypto';

/**
 * Below the ports that Linux and macOS give to outgoing connections: one that is kept for a target must still be free when the gateway
 * comes back from a crash.
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
