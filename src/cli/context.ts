import { dirname } from 'node:path';
import { randomUUID } from 'node:crypto';
import { personOf, resolveConnection, type ConnectionSettings } from '../connection.js';
import type { ShipwayClient } from '../client.js';
import { MOST_REASON, type Statement, type Verb } from '../domain/statement.js';
import { UsageError } from '../errors.js';
import { namedFile } from './configuration-file.js';
import { string } from './output.js';
import type { Values } from './table.js';

const STATEMENT_MS = 10 * 60_000;

export function required(values: Values, name: string, example = 'VALUE'): string {
  const value = string(values, name)?.trim();
  if (value === undefined || value === '')
    throw new UsageError(`--${name} is missing`, `add --${name} ${example}; --help shows what it means`);
  return value;
}

/** Opens Temporal for the length of `body`. */
export async function withClient<T>(
  values: Values,
  body: (client: ShipwayClient, settings: ConnectionSettings) => Promise<T>,
): Promise<T> {
  const found = await settings(values);
  const { connect } = await import('../client.js');
  const client = await connect(found);
  try {
    return await body(client, found);
  } finally {
    await client.close();
  }
}

/** The servers that are meant: those of the environment, else the `shipway dev` nearest to what `-f` names, or to here. */
export async function settings(values: Values): Promise<ConnectionSettings> {
  const named = string(values, 'file');
  const folder = named === undefined ? process.cwd() : dirname(await namedFile(named));
  return resolveConnection(process.env, folder);
}
export const person = (values: Values): string => personOf(string(values, 'as'), process.env);

/** A statement of this person, good for ten minutes and for one message. */
export function state(values: Values, verb: Verb, on: string): Statement {
  const now = Date.now();
  const reason = reasonOf(values);
  return {
    person: person(values),
    verb,
    on,
    ...(reason === undefined ? {} : { reason }),
    at: new Date(now).toISOString(),
    until: new Date(now + STATEMENT_MS).toISOString(),
    nonce: randomUUID(),
    signature: 'none',
  };
}

function reasonOf(values: Values): string | undefined {
  const reason = string(values, 'reason')?.trim();
  if (reason === undefined || (reason !== '' && reason.length <= MOST_REASON)) return reason;
  throw new UsageError(
    `--reason has ${String(reason.length)} characters`,
    `say it in 1 to ${String(MOST_REASON)} characters`,
  );
}
