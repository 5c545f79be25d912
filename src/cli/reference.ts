import { CommandError } from '../client/failure.js';
import type { ShipwayClient } from '../client.js';
import type { ParsedDocument } from '../config/document.js';
import { isCode } from '../config/is-code.js';
import { readText } from '../config/read-text.js';
import { NAME, VERSION } from '../domain/ids.js';
import { UsageError } from '../errors.js';
import { configurationIfAny } from './configuration-file.js';
import { string } from './output.js';
import type { Values } from './table.js';

export interface RunReference {
  readonly service: string;
  readonly run: string;
}

/** `RUN` or `SERVICE/RUN`; a bare run is of the configuration's service if that has it, else looked up. */
export async function runOf(client: ShipwayClient, text: string, values: Values): Promise<RunReference> {
  const parts = text.split('/');
  const run = parts.at(-1) ?? '';
  const service = parts.length === 2 ? parts[0] : undefined;
  if (!VERSION.test(run) || parts.length > 2 || (service !== undefined && !NAME.test(service)))
    throw new UsageError(
      `${JSON.stringify(text)} is no run`,
      'RUN or SERVICE/RUN as `shipway list` shows it, or a deployment as `shipway history` does',
    );
  return { service: service ?? (await client.serviceOf(run, await serviceOfConfiguration(values))), run };
}

/** The run that was named, else the newest of the configuration's service, else the newest of all. */
export async function runOrNewest(
  client: ShipwayClient,
  text: string | undefined,
  values: Values,
): Promise<RunReference> {
  if (text !== undefined) return runOf(client, text, values);
  const service = await serviceOfConfiguration(values);
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

const DEPLOYMENT = /^(?:deployment\/)?([a-z][a-z0-9-]{0,62}\/[a-z][a-z0-9-]{0,62}\/[1-9]\d{0,9})$/;
/** The workflow id of a deployment that is named as a command or `shipway history` shows it; `undefined` when it is none. */
export function deploymentNamed(text = ''): string | undefined {
  const [, named] = DEPLOYMENT.exec(text) ?? [];
  return named === undefined ? undefined : `deployment/${named}`;
}

const TARGET = /^target\/[a-z][a-z0-9-]{0,62}\/[a-z][a-z0-9-]{0,62}$/;
/** The workflow id of a target, which asks when it cannot go on. */
export const isTarget = (text: string): boolean => TARGET.test(text);

/** `--service`, else that of the configuration. Fails with `UsageError` when neither says. */
export async function serviceOfCommand(values: Values): Promise<string> {
  const service = string(values, 'service') ?? (await serviceOfConfiguration(values));
  if (service === undefined) throw new UsageError('which service is not said', '--service NAME');
  return name('service', service);
}

/** A service's or environment's name as an option has it. Fails with `UsageError`. */
export function name(what: 'service' | 'environment', text: string): string {
  if (NAME.test(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is no ${what}`, 'its name as in shipway.yaml');
}

/**
 * The service that the configuration names. Written as nearly everybody writes it, it is found without reading YAML, which takes longer
 * than the whole command; what else is wrong with the file is not looked at. Fails with `UsageError` when the file cannot be read.
 */
export async function serviceOfConfiguration(values: Values): Promise<string | undefined> {
  const file = await configurationIfAny(values);
  if (file === undefined) return undefined;
  if (isCode(file)) return evaluatedService(file);
  const text = await readText(file);
  if (typeof text !== 'string') throw new UsageError(`${file}: ${text.message}`, text.suggestion);
  const [, plain] = PLAIN.exec(text) ?? [];
  return plain ?? (await serviceIn(file, text));
}
const PLAIN = /^service:[ \t]*["']?([a-z][a-z0-9-]{0,62})["']?[ \t]*(?:#.*)?\r?$/m;

async function serviceIn(file: string, text: string): Promise<string | undefined> {
  const { parseDocument } = await import('../config/document.js');
  return serviceOf(file, parseDocument(file, text));
}

/** Code is evaluated: what its text looks like is not what it comes to. */
async function evaluatedService(file: string): Promise<string | undefined> {
  const { readNow } = await import('./read-configuration.js');
  return serviceOf(file, (await readNow(file)).document);
}

function serviceOf(file: string, { document }: ParsedDocument): string | undefined {
  const { service } = (document?.value ?? {}) as { readonly service?: unknown };
  if (service === undefined || (typeof service === 'string' && NAME.test(service))) return service;
  throw new UsageError(`${file} names no service that can be one`, 'see `shipway validate`');
}
