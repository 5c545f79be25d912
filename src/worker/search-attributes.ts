import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../domain/messages.js';
import type { WorkerSettings } from '../settings.js';
import { underLock } from '../store/lock.js';

const TYPES = {
  Keyword: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Bool: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
} as const;
const NAMES = Object.keys(SEARCH_ATTRIBUTES) as (keyof typeof SEARCH_ATTRIBUTES)[];

/**
 * Makes the namespace know shipway's search attributes: a workflow that sets an unknown one would hang. Those it knows are left alone.
 * Workers that start at once on one database take turns, since the server refuses what another has just added.
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
  { databaseUrl: url }: Pick<WorkerSettings, 'databaseUrl'>,
): Promise<void> {
  if ((await missingIn(connection, namespace)).length === 0) return;
  if (url === undefined) return addMissing(connection, namespace);
  const lock = { url, name: `search attributes of ${namespace}`, holder: 'another worker' };
  await underLock(lock, () => addMissing(connection, namespace));
}

/** Fails only when some are missing afterwards: another with a database of its own may have been quicker. */
export async function addMissing(connection: Connection, namespace: string): Promise<void> {
  const missing = await missingIn(connection, namespace);
  if (missing.length === 0) return;
  try {
    await addSearchAttributes(connection, namespace, missing);
  } catch (error) {
    if ((await missingIn(connection, namespace)).length > 0) throw error;
  }
}

async function missingIn(connection: Connection, namespace: string): Promise<typeof NAMES> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return NAMES.filter((name) => !Object.hasOwn(customAttributes, name));
}

/** Adds the named ones; the server refuses one that it has already. */
export async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  names = NAMES,
): Promise<void> {
  const searchAttributes = Object.fromEntries(names.map((name) => [name, TYPES[SEARCH_ATTRIBUTES[name]]]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
