import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { randomUUID } from 'node:crypto';
import { personOf, resolveConnection, type ConnectionSettings } from '../connection.js';
import type { ShipwayClient } from '../client.js';
import { MOST_REASON, type Statement, type Verb } from '../domain/statement.js';
import { UsageError } from '../errors.js';
import { brokenLink, isFile } from '../folders.js';
import { string } from './output.js';
import type { Values } from './table.js';

const STATEMENT_MS = 10 * 60_000;

/** `-f`, else shipway.yaml here or above. Fails with `UsageError`. */
export async function configurationFile(values: Values): Promise<string> {
  const named = string(values, 'file');
  const found = await (named === undefined ? nearest('shipway.yaml') : namedFile(named));
  if (found instanceof UsageError) throw found;
  if (found !== undefined) return found;
  const missing = 'there is no shipway.yaml here or above';
  const other = await nearest('shipway.yml');
  if (other instanceof UsageError) throw other;
  if (other === undefined) throw new UsageError(missing, 'make one with `shipway init`, or name it with -f');
  const path = pathFromHere(other);
  throw new UsageError(`${missing}, but ${path}`, `name it shipway.yaml, or say: -f ${path}`);
}

/** The same for a command that can do without one, also where a link leads to none; what `-f` names must be there. */
export async function configurationIfAny(values: Values): Promise<string | undefined> {
  const named = string(values, 'file');
  if (named !== undefined) return namedFile(named);
  const found = await nearest('shipway.yaml');
  return found instanceof UsageError ? undefined : found;
}

/** As whoever typed the command would name it. */
export const pathFromHere = (file: string): string => relative(process.cwd(), file) || file;

async function namedFile(named: string): Promise<string> {
  if (named === '')
    throw new UsageError(
      '-f names an empty path',
      'name a file, or leave it out for shipway.yaml here or above',
    );
  const found = await stat(resolve(named)).catch((error: NodeJS.ErrnoException) => error.code ?? 'ENOENT');
  if (found === 'ENOENT' || found === 'ENOTDIR')
    throw (
      (await brokenLink(named)) ??
      new UsageError(`there is no file ${named}`, 'name an existing file with -f')
    );
  if (typeof found === 'string' || found.isFile()) return resolve(named);
  throw found.isDirectory()
    ? new UsageError(`${named} is a folder`, `name the file in it: -f ${join(named, 'shipway.yaml')}`)
    : new UsageError(`${named} is not a file that can be read twice`, 'name a plain file with -f');
}

/** The file of this name here or above, or what is wrong with a link that comes first and leads to none. */
async function nearest(name: string): Promise<string | UsageError | undefined> {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const file = join(folder, name);
    if (await isFile(file)) return file;
    const broken = await brokenLink(file);
    if (broken !== undefined) return broken;
    if (folder === dirname(folder)) return undefined;
  }
}

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
