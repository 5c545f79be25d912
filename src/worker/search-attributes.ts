import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../domain/messages.js';

const TYPES = {
  Keyword: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Bool: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
} as const;
const NAMES = Object.keys(SEARCH_ATTRIBUTES) as (keyof typeof SEARCH_ATTRIBUTES)[];

/** Makes the namespace know shipway's search attributes: a workflow that sets an unknown one would hang. Those it knows are left alone. */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = NAMES.filter((name) => !Object.hasOwn(customAttributes, name));
  if (missing.length > 0) await addSearchAttributes(connection, namespace, missing);
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
