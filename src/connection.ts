import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import type { Endpoints } from './dev/endpoints.js';
import { UsageError, whyOf } from './errors.js';

/** Where a client finds Temporal and the worker's API. */
export interface ConnectionSettings {
  readonly temporalAddress: string;
  readonly namespace: string;
  /** TLS, API key and metadata as Temporal's own environment configuration has them; absent: a plain connection. */
  readonly temporal?: ConnectionOptions;
  readonly apiUrl: string;
  readonly apiToken?: string;
  readonly uiUrl?: string;
}

/** Each of them says that the environment, and not a `shipway dev` nearby, is meant. */
const SAYS_WHERE = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'] as const;

/**
 * The environment first (Temporal's part as every Temporal client reads it), else the nearest `.shipway/dev.json` upwards; the two
 * are never mixed, but for the API of a `shipway dev` that works on the very server which the environment names. Fails with `UsageError` when there is neither, or half of one.
 */
export async function resolveConnection(env: NodeJS.ProcessEnv, cwd: string): Promise<ConnectionSettings> {
  const named = SAYS_WHERE.find((name) => isSet(env[name]));
  if (named !== undefined) return fromEnvironment(env, cwd, named);
  if (isSet(env['SHIPWAY_API_URL']))
    throw new UsageError(
      'SHIPWAY_API_URL is set and TEMPORAL_ADDRESS is not',
      'set both, or neither: then the nearest `shipway dev` is meant',
    );
  const dev = await nearestDev(cwd);
  if (dev === undefined)
    throw new UsageError(
      'no server is known here',
      'start `shipway dev`, or set TEMPORAL_ADDRESS and SHIPWAY_API_URL',
    );
  const { temporalAddress, namespace, apiUrl, uiUrl } = dev;
  return { temporalAddress, namespace, apiUrl, ...(uiUrl === undefined ? {} : { uiUrl }) };
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

async function fromEnvironment(
  env: NodeJS.ProcessEnv,
  cwd: string,
  named: string,
): Promise<ConnectionSettings> {
  const { SHIPWAY_API_URL: api, SHIPWAY_API_TOKEN: apiToken, SHIPWAY_UI_URL: ui } = env;
  const half = new UsageError(
    `${named} is set and SHIPWAY_API_URL is not`,
    'set it to the address of a worker’s API',
  );
  const dev = isSet(api) ? undefined : await nearestDev(cwd);
  const apiUrl = isSet(api) ? address('SHIPWAY_API_URL', api) : dev?.apiUrl;
  if (apiUrl === undefined) throw half;
  const { connectionOptions, namespace = 'default' } = await temporalProfile(env);
  const { address: temporalAddress = 'localhost:7233' } = connectionOptions;
  if (dev !== undefined && (dev.temporalAddress !== temporalAddress || dev.namespace !== namespace))
    throw half;
  const uiUrl = isSet(ui) ? address('SHIPWAY_UI_URL', ui) : dev?.uiUrl;
  return {
    temporalAddress,
    namespace,
    temporal: connectionOptions,
    apiUrl,
    ...(isSet(apiToken) ? { apiToken } : {}),
    ...(uiUrl === undefined ? {} : { uiUrl }),
  };
}

/** Temporal’s own environment configuration, for clients and workers alike. Fails with `UsageError`. */
export async function temporalProfile(env: NodeJS.ProcessEnv) {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  const given = Object.entries(env).filter((e): e is [string, string] => isSet(e[1]));
  const profile = readable(() => loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(given) }));
  const { address: found } = profile.connectionOptions;
  if (found === undefined || isEndpoint(found)) return profile;
  throw new UsageError(
    `the address of Temporal is ${JSON.stringify(found)}`,
    'set TEMPORAL_ADDRESS to a host and a port, such as localhost:7233',
  );
}

/** What Temporal's clients take: a host, or an IPv6 address in brackets, and a port, which is 7233 where it is not said. */
function isEndpoint(text: string): boolean {
  const [whole, port = '7233'] = /^(?:\[[\da-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return whole !== undefined && Number(port) > 0 && Number(port) < 65_536;
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(
      `Temporal’s configuration cannot be read: ${whyOf(error)}`,
      'correct TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE or the TEMPORAL_TLS variables',
    );
  }
}

/** An http address, which may have a path before it. One with a password in it is refused and not repeated: it would be printed with every link. */
function address(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (text.includes('@') && !/^https?:\/\/[^/@]*\//.test(text))
    throw new UsageError(
      `${name} has a user or a password in it`,
      'leave them out; a token goes to SHIPWAY_API_TOKEN',
    );
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new UsageError(`${name} is ${JSON.stringify(text)}`, `set ${name} to an http address`);
  if (url.search === '' && url.hash === '') return text;
  throw new UsageError(`${name} has something after its path: ${url.search}${url.hash}`, 'leave that out');
}

async function nearestDev(cwd: string): Promise<Endpoints | undefined> {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const dev = await devOf(join(folder, '.shipway/dev.json'));
    if (dev !== undefined || folder === dirname(folder)) return dev;
  }
}

async function devOf(file: string): Promise<Endpoints | undefined> {
  try {
    const dev = JSON.parse(await readFile(file, 'utf8')) as Partial<Endpoints> | null;
    const fields = [dev?.temporalAddress, dev?.namespace, dev?.apiUrl, dev?.uiUrl ?? ''];
    if (fields.every((f) => typeof f === 'string') && URL.canParse(dev?.apiUrl ?? ''))
      return dev as Endpoints;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES' || code === 'EPERM')
      throw new UsageError(
        `${file} is another user’s, and so is its \`shipway dev\``,
        'set TEMPORAL_ADDRESS and SHIPWAY_API_URL, or type this as that user',
      );
    if (!(error instanceof SyntaxError) && code !== 'EISDIR') throw error;
  }
  throw new UsageError(
    `${file} is not what \`shipway dev\` writes`,
    'remove it and start `shipway dev` again',
  );
}

const MOST_CHARACTERS = 200;

/** Who speaks: `--as`, else SHIPWAY_USER, else the user of this machine. Asserted, and shown as such. */
export function personOf(as: string | undefined, env: NodeJS.ProcessEnv): string {
  const person = as ?? (isSet(env['SHIPWAY_USER']) ? env['SHIPWAY_USER'] : machineUser());
  if (person.length <= MOST_CHARACTERS && /^[^\p{C}\s](?:[^\p{C}]*[^\p{C}\s])?$/u.test(person)) return person;
  throw new UsageError(
    `${JSON.stringify(person)} is no name of a person`,
    'a name in visible characters without spaces at its ends, at most 200, such as --as alice',
  );
}

/** A container may run under a user id that has no name. */
function machineUser(): string {
  try {
    return userInfo().username;
  } catch {
    throw new UsageError('this machine’s user has no name', 'say who you are with --as, or SHIPWAY_USER');
  }
}
