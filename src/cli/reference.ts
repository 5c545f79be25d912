import { readFile } from 'node:fs/promises';
import { CommandError } from '../client/failure.js';
import type { ShipwayClient } from '../client.js';
import { NAME, VERSION } from '../domain/ids.js';
import { UsageError } from '../errors.js';
import { nearestConfiguration } from './context.js';
import { string } from './output.js';
import type { Values } from './table.js';

export interface RunReference {
  readonly service: string;
  readonly run: string;
}

/** `RUN` or `SERVICE/RUN`; a bare run is of the service of the shipway.yaml here if that has it, else looked up. */
export async function runOf(client: ShipwayClient, text: string): Promise<RunReference> {
  const parts = text.split('/');
  const run = parts.at(-1) ?? '';
  const service = parts.length === 2 ? parts[0] : undefined;
  if (!VERSION.test(run) || parts.length > 2 || (service !== undefined && !NAME.test(service)))
    throw new UsageError(
      `${JSON.stringify(text)} is no run`,
      'RUN or SERVICE/RUN as `shipway list` shows it',
    );
  return { service: service ?? (await client.serviceOf(run, await serviceHere())), run };
}

/** The run that was named, else the newest of the service here, else the newest of all. */
export async function runOrNewest(client: ShipwayClient, text: string | undefined): Promise<RunReference> {
  if (text !== undefined) return runOf(client, text);
  const service = await serviceHere();
  const [newest] = await client.list(service === undefined ? {} : { service }, 1);
  if (newest !== undefined) return newest;
  throw new CommandError(
    `there is no run${service === undefined ? '' : ` of ${service}`} yet`,
    'start one with `shipway run --environment NAME`',
    1,
    undefined,
    'not_found',
  );
}

const ANSWERING =
  /^(?:deployment\/[a-z][a-z0-9-]{0,62}\/[a-z][a-z0-9-]{0,62}\/[1-9]\d{0,9}|target\/[a-z][a-z0-9-]{0,62}\/[a-z][a-z0-9-]{0,62})$/;
/** A workflow id that an answer may name: of a target, or of a deployment, which may belong to no run. */
export const isAnswering = (text: string): boolean => ANSWERING.test(text);

/** `--service`, else that of the shipway.yaml here. Fails with `UsageError` when neither says. */
export async function serviceOfCommand(values: Values): Promise<string> {
  const service = string(values, 'service') ?? (await serviceHere());
  if (service === undefined) throw new UsageError('which service is not said', '--service NAME');
  return name('service', service);
}

/** A service's or environment's name as an option has it. Fails with `UsageError`. */
export function name(what: 'service' | 'environment', text: string): string {
  if (NAME.test(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is no ${what}`, 'its name as in shipway.yaml');
}

/** The service that the shipway.yaml here names, read without checking the rest of it, which takes longer than the whole command. */
export async function serviceHere(): Promise<string | undefined> {
  const file = await nearestConfiguration();
  if (file === undefined) return undefined;
  const [, service] =
    /^service:[ \t]*["']?([a-z][a-z0-9-]{0,62})["']?[ \t]*(?:#.*)?\r?$/m.exec(await readFile(file, 'utf8')) ??
    [];
  return service;
}
