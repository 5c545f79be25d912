import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { meantSize, parseSize } from './config/units.js';
import { UsageError } from './errors.js';
import { isLoopback } from './host.js';

export const ROLES = ['control', 'watch', 'stage', 'host'] as const;
export type Role = (typeof ROLES)[number];

/** Where a worker finds its world. Read once from the environment; nothing else reads it. */
export interface WorkerSettings {
  readonly roles: readonly Role[];
  readonly databaseUrl: string | undefined;
  readonly stateDir: string;
  readonly artifactDir: string;
  /** Sealed secrets, shared by all workers but those of stages. */
  readonly secretsDir: string;
  /** The key that opens them: of workers that start instances. */
  readonly secretsIdentity: string;
  readonly policyFile: string;
  /** Publishes the policy file also when it is an older one. */
  readonly publishPolicy?: boolean;
  readonly apiHost: string;
  readonly apiPort: number;
  readonly apiToken: string | undefined;
  /** What stage workers show, and nobody else. */
  readonly stageToken: string | undefined;
  /** Where a worker of role `host` serves flags; `port` absent: a free one that is kept. Who shows no token made of this one is told nothing. */
  readonly flags: { readonly host: string; readonly port?: number; readonly token?: string };
  /** The largest artifact that its API takes. */
  readonly maxArtifactBytes: number;
  /** The API that stage workers without database credentials report to. */
  readonly apiUrl: string | undefined;
  /** Temporal's UI, where runs of triggers are to be looked at. */
  readonly uiUrl?: string;
  readonly hostId: string;
  readonly stageSlots: number;
  /** Sources, workspaces and outputs of stages. */
  readonly stageDir: string;
  /** Whom users' commands run as; absent: the worker's own user. */
  readonly stageUser: string | undefined;
}

/**
 * Reads `SHIPWAY_*` and `DATABASE_URL`; what is empty is not set, but an empty token is wrong. A worker of role `stage` alone takes no database, even if it is
 * offered one. Fails with `UsageError` on a value that is missing for the roles asked for, or wrong.
 */
export function workerSettings(
  environment: NodeJS.ProcessEnv,
  roles: readonly Role[],
  cores: number,
): WorkerSettings {
  const env = given(environment);
  const stateDir = resolve(env['SHIPWAY_STATE_DIR'] ?? '.shipway');
  const secretsDir = resolve(env['SHIPWAY_SECRETS_DIR'] ?? `${stateDir}/secrets`);
  const needsStore = roles.some((r) => r !== 'stage');
  const settings: WorkerSettings = {
    roles,
    databaseUrl: needsStore ? address(env, 'DATABASE_URL', /^postgres(ql)?:\/\//, DATABASE) : undefined,
    stateDir,
    artifactDir: resolve(env['SHIPWAY_ARTIFACT_DIR'] ?? `${stateDir}/artifacts`),
    secretsDir,
    secretsIdentity: resolve(env['SHIPWAY_SECRETS_IDENTITY'] ?? `${secretsDir}/identity.txt`),
    policyFile: resolve(env['SHIPWAY_POLICY'] ?? 'shipway.policy.yaml'),
    apiHost: env['SHIPWAY_API_HOST'] ?? '127.0.0.1',
    apiPort: integer(env, 'SHIPWAY_API_PORT', 0, 65_535) ?? 0,
    ...{ ...tokensOf(environment), flags: flagsOf(environment) },
    maxArtifactBytes: sizeOf(env, 'SHIPWAY_ARTIFACT_LIMIT', '2Gi'),
    apiUrl: address(env, 'SHIPWAY_API_URL', /^https?:\/\/[^/@?#]+\/?$/, 'http://control:7070'),
    ...(env['SHIPWAY_UI_URL'] === undefined ? {} : { uiUrl: env['SHIPWAY_UI_URL'] }),
    hostId: hostOf(env),
    stageSlots: integer(env, 'SHIPWAY_STAGE_SLOTS', 1, 1_000) ?? cores,
    stageDir: resolve(env['SHIPWAY_STAGE_DIR'] ?? `${stateDir}/stages`),
    stageUser: env['SHIPWAY_STAGE_USER'],
  };
  if (needsStore && settings.databaseUrl === undefined)
    throw new UsageError(
      'DATABASE_URL is not set',
      'set it to shipway’s PostgreSQL, or use `shipway dev`, which starts one',
    );
  if (!needsStore && settings.apiUrl === undefined)
    throw new UsageError(
      'SHIPWAY_API_URL is not set',
      'a stage worker has no database: set it to the address of a control worker’s API',
    );
  return settings;
}

const DATABASE = 'postgres://user:password@host:5432/shipway';

const given = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));

/** One that was forgotten in a file of variables must not open the API to everybody. */
function tokensOf(env: NodeJS.ProcessEnv): Pick<WorkerSettings, 'apiToken' | 'stageToken'> {
  const { SHIPWAY_API_TOKEN: apiToken, SHIPWAY_STAGE_TOKEN: stageToken } = env;
  for (const name of ['SHIPWAY_API_TOKEN', 'SHIPWAY_STAGE_TOKEN']) refuseEmpty(env, name);
  if (apiToken === undefined || apiToken !== stageToken) return { apiToken, stageToken };
  throw new UsageError(
    'SHIPWAY_STAGE_TOKEN is the same as SHIPWAY_API_TOKEN',
    'set another one: who runs users’ commands must not read what people read',
  );
}

/** They tell who is meant by name: nobody from elsewhere is told that without a token. */
function flagsOf(environment: NodeJS.ProcessEnv): WorkerSettings['flags'] {
  refuseEmpty(environment, 'SHIPWAY_FLAGS_TOKEN');
  const env = given(environment);
  const { SHIPWAY_FLAGS_HOST: host = '127.0.0.1', SHIPWAY_FLAGS_TOKEN: token } = env;
  const port = integer(env, 'SHIPWAY_FLAGS_PORT', 1, 65_535);
  if (token === undefined && !isLoopback(host))
    throw new UsageError(
      `flags would be served on ${host} without a token`,
      'set SHIPWAY_FLAGS_TOKEN to a long random text, or serve them on 127.0.0.1',
    );
  return { host, ...(port === undefined ? {} : { port }), ...(token === undefined ? {} : { token }) };
}

function refuseEmpty(env: NodeJS.ProcessEnv, name: string): void {
  if (env[name] === '')
    throw new UsageError(`${name} is empty`, 'set it to a long random text, or do not set it at all');
}

/** Part of a task queue's name. */
function hostOf(env: NodeJS.ProcessEnv): string {
  const host = env['SHIPWAY_HOST_ID'] ?? hostname();
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(host)) return host;
  throw new UsageError(
    `SHIPWAY_HOST_ID is ${JSON.stringify(host)}`,
    'set it to letters, digits, dots and dashes that stay the same over restarts',
  );
}

/** Said without its value: addresses of databases have passwords in them. */
function address(env: NodeJS.ProcessEnv, name: string, form: RegExp, like: string): string | undefined {
  const text = env[name];
  if (text === undefined || (form.test(text) && URL.canParse(text))) return text;
  throw new UsageError(`${name} is no address`, `set it to one such as ${like}`);
}

function integer(env: NodeJS.ProcessEnv, name: string, min: number, max: number): number | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(
    `${name} is ${JSON.stringify(text)}`,
    `set it to a whole number from ${String(min)} to ${String(max)}`,
  );
}

function sizeOf(env: NodeJS.ProcessEnv, name: string, otherwise: string): number {
  const text = env[name] ?? otherwise;
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw new UsageError(
    `${name} is ${JSON.stringify(text)}`,
    `set it to ${(bytes === undefined ? meantSize(text) : undefined) ?? `a number with Ki, Mi, Gi or Ti, such as ${otherwise}`}`,
  );
}

/** `--role control,watch` as roles. */
export function parseRoles(text: string | undefined): readonly Role[] {
  if (text === undefined) return ROLES;
  const named = text.split(',').map((name) => {
    const role = ROLES.find((r) => r === name.trim());
    if (role !== undefined) return role;
    throw new UsageError(
      `${JSON.stringify(name)} is no role of a worker`,
      `use one or several of ${ROLES.join(', ')}`,
    );
  });
  return [...new Set(named)];
}

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** What the worker's log tells. */
export function logLevel(env: NodeJS.ProcessEnv): (typeof LEVELS)[number] {
  const text = env['SHIPWAY_LOG_LEVEL'] ?? '';
  const level = text === '' ? 'info' : LEVELS.find((l) => l === text);
  if (level !== undefined) return level;
  throw new UsageError(
    `SHIPWAY_LOG_LEVEL is ${JSON.stringify(text)}`,
    `set it to one of ${LEVELS.join(', ')}`,
  );
}
