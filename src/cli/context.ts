import { access, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { randomUUID } from 'node:crypto';
import { personOf, resolveConnection, type ConnectionSettings } from '../connection.js';
import type { ShipwayClient } from '../client.js';
import { NAME, VERSION } from '../domain/ids.js';
import type { Statement, Verb } from '../domain/statement.js';
import { UsageError } from '../errors.js';
import { string } from './output.js';
import type { Values } from './table.js';

const STATEMENT_MS = 10 * 60_000;

/** `-f`, else shipway.yaml here or above. Fails with `UsageError`. */
export async function configurationFile(values: Values): Promise<string> {
  const named = string(values, 'file');
  if (named !== undefined) return resolve(named);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const file = join(folder, 'shipway.yaml');
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
    if (folder === dirname(folder))
      throw new UsageError(
        'there is no shipway.yaml here or above',
        'make one with `shipway init`, or name it with -f',
      );
  }
}

export function required(values: Values, name: string): string {
  const value = string(values, name);
  if (value === undefined || value === '')
    throw new UsageError(`--${name} is missing`, `--${name} with its value; see --help`);
  return value;
}

/** Opens Temporal for the length of `body`. */
export async function withClient<T>(
  body: (client: ShipwayClient, settings: ConnectionSettings) => Promise<T>,
): Promise<T> {
  const settings = await resolveConnection(process.env, process.cwd());
  const { connect } = await import('../client.js');
  const client = await connect(settings);
  try {
    return await body(client, settings);
  } finally {
    await client.close();
  }
}

export const settings = (): Promise<ConnectionSettings> => resolveConnection(process.env, process.cwd());
export const person = (values: Values): string => personOf(string(values, 'as'), process.env);

/** A statement of this person, good for ten minutes and for one message. */
export function state(values: Values, verb: Verb, on: string): Statement {
  const now = Date.now();
  const reason = string(values, 'reason');
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

/** `RUN` or `SERVICE/RUN` as both; a bare run is of the service of shipway.yaml here, else looked up. */
export async function runOf(
  client: ShipwayClient,
  text: string,
): Promise<{ readonly service: string; readonly run: string }> {
  const [first = '', second] = text.split('/');
  const run = second ?? first;
  if (!VERSION.test(run))
    throw new UsageError(
      `${JSON.stringify(text)} is no run`,
      'RUN or SERVICE/RUN as `shipway list` shows it',
    );
  if (second !== undefined) {
    if (!NAME.test(first))
      throw new UsageError(
        `${JSON.stringify(first)} is no service`,
        'SERVICE/RUN as `shipway list` shows it',
      );
    return { service: first, run };
  }
  return { service: (await serviceHere()) ?? (await client.serviceOf(run)), run };
}

/** The service that the shipway.yaml here names, read without checking the rest of it. */
export async function serviceHere(): Promise<string | undefined> {
  const file = await configurationFile({}).catch(() => undefined);
  if (file === undefined) return undefined;
  const [, service] =
    /^service:\s*["']?([a-z][a-z0-9-]*)["']?\s*(?:#.*)?$/m.exec(await readFile(file, 'utf8')) ?? [];
  return service;
}
