import type { Store } from '../domain/store.js';
import { ShipwayError, whyOf } from '../errors.js';
import { migrate } from '../store/migrate.js';
import { openStore } from '../store/open.js';

/** What was opened, newest last: closed in the other order. */
export type Opened = (() => Promise<unknown>)[];

/** A connection to Temporal. Fails with `temporal.unavailable`. */
export async function answering<T extends { close: () => Promise<void> }>(
  address: string,
  connect: () => Promise<T>,
  opened: Opened,
): Promise<T> {
  try {
    const connection = await connect();
    opened.push(() => connection.close());
    return connection;
  } catch (error) {
    const why = whyOf(error);
    throw new ShipwayError('temporal.unavailable', `Temporal at ${address} does not let us in: ${why}`, {
      cause: error,
    });
  }
}

/** The store, brought up to date; `undefined` for roles without one. */
export async function openedStore(url: string | undefined, opened: Opened): Promise<Store | undefined> {
  if (url === undefined) return undefined;
  await migrate({ url });
  const store = await openStore({ url });
  opened.push(() => store.close());
  return store;
}
