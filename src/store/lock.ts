import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { ShipwayError } from '../errors.js';
import { asUnavailable } from './unavailable.js';

export interface Lock {
  /** The database whose lock it is. */
  readonly url: string;
  readonly name: string;
  /** What holds it, in the words of the failure: `another migrator`. */
  readonly holder: string;
  readonly timeoutMs?: number;
}
const TIMEOUT_MS = 60_000;
const POLL_MS = 100;
const CONNECT_MS = 2_000;

/**
 * Runs `work` while nobody else does under that name, on the connection that holds the lock: the server takes it back when that ends.
 * Fails with `store.unavailable` when the database does not answer or the holder does not finish in time.
 */
export async function underLock<T>(lock: Lock, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: lock.url, connectionTimeoutMillis: CONNECT_MS });
  let lost: unknown;
  client.on('error', (error) => (lost = error));
  try {
    await client.connect();
    await take(client, lock);
    return await work(client);
  } catch (error) {
    throw asUnavailable(lost ?? error);
  } finally {
    await client.end();
  }
}

/** A loop of tries and not one long wait: a waiting migrator would hold up `CREATE INDEX CONCURRENTLY` of the one it waits for. */
async function take(client: Client, { name, holder, timeoutMs = TIMEOUT_MS }: Lock): Promise<void> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine',
      [name],
    );
    if (rows[0]?.mine === true) return;
    if (Date.now() > until)
      throw new ShipwayError(
        'store.unavailable',
        `${holder} has not finished for ${String(timeoutMs / 1000)} s`,
      );
    await sleep(POLL_MS);
  }
}
