import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { userInfo } from 'node:os';
import type { Endpoints } from './dev/endpoints.js';
import { UsageError } from './errors.js';

/** Where a client finds Temporal and the worker's API. */
export interface ConnectionSettings {
  /** Absent: Temporal's own environment configuration says. */
  readonly temporalAddress?: string;
  readonly namespace: string;
  readonly apiUrl: string;
  readonly apiToken?: string;
  readonly uiUrl?: string;
}

/** The environment first, else the nearest `.shipway/dev.json` upwards. Fails with `UsageError` when there is neither. */
export async function resolveConnection(env: NodeJS.ProcessEnv, cwd: string): Promise<ConnectionSettings> {
  const {
    TEMPORAL_ADDRESS: address,
    SHIPWAY_API_URL: apiUrl,
    SHIPWAY_API_TOKEN: apiToken,
    SHIPWAY_UI_URL: uiUrl,
  } = env;
  if (address !== undefined) {
    if (apiUrl === undefined)
      throw new UsageError(
        'TEMPORAL_ADDRESS is set and SHIPWAY_API_URL is not',
        'set it to the address of a worker’s API',
      );
    return {
      temporalAddress: address,
      namespace: env['TEMPORAL_NAMESPACE'] ?? 'default',
      apiUrl,
      ...optional({ apiToken, uiUrl }),
    };
  }
  const dev = await nearestDev(cwd);
  if (dev === undefined)
    throw new UsageError(
      'no server is known here',
      'start `shipway dev`, or set TEMPORAL_ADDRESS and SHIPWAY_API_URL',
    );
  return {
    temporalAddress: dev.temporalAddress,
    namespace: dev.namespace,
    apiUrl: dev.apiUrl,
    uiUrl: dev.uiUrl,
  };
}

const optional = (values: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)) as Pick<
    ConnectionSettings,
    'apiToken' | 'uiUrl'
  >;

async function nearestDev(cwd: string): Promise<Endpoints | undefined> {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    try {
      return JSON.parse(await readFile(join(folder, '.shipway/dev.json'), 'utf8')) as Endpoints;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

/** Who speaks: `--as`, else SHIPWAY_USER, else the user of this machine. Asserted, and shown as such. */
export const personOf = (as: string | undefined, env: NodeJS.ProcessEnv): string =>
  as ?? env['SHIPWAY_USER'] ?? userInfo().username;
