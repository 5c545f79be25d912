import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { UsageError } from './errors.js';

export const ROLES = ['control', 'watch', 'stage', 'host'] as const;
export type Role = (typeof ROLES)[number];

/** Where a worker finds its world. Read once from the environment; nothing else reads it. */
export interface WorkerSettings {
  readonly roles: readonly Role[];
  readonly databaseUrl: string | undefined;
  readonly stateDir: string;
  readonly artifactDir: string;
  readonly policyFile: string;
  readonly apiHost: string;
  readonly apiPort: number;
  readonly apiToken: string | undefined;
  /** The API that stage workers without database credentials report to. */
  readonly apiUrl: string | undefined;
  readonly hostId: string;
  readonly stageSlots: number;
}

/** Reads `SHIPWAY_*` and `DATABASE_URL`. Fails with `UsageError` on a value that is missing for the roles asked for, or wrong. */
export function workerSettings(
  env: NodeJS.ProcessEnv,
  roles: readonly Role[],
  cores: number,
): WorkerSettings {
  const stateDir = resolve(env['SHIPWAY_STATE_DIR'] ?? '.shipway');
  const settings: WorkerSettings = {
    roles,
    databaseUrl: env['DATABASE_URL'],
    stateDir,
    artifactDir: resolve(env['SHIPWAY_ARTIFACT_DIR'] ?? `${stateDir}/artifacts`),
    policyFile: resolve(env['SHIPWAY_POLICY'] ?? 'shipway.policy.yaml'),
    apiHost: env['SHIPWAY_API_HOST'] ?? '127.0.0.1',
    apiPort: integer(env, 'SHIPWAY_API_PORT', 0, 65_535) ?? 0,
    apiToken: env['SHIPWAY_API_TOKEN'],
    apiUrl: env['SHIPWAY_API_URL'],
    hostId: env['SHIPWAY_HOST_ID'] ?? hostname(),
    stageSlots: integer(env, 'SHIPWAY_STAGE_SLOTS', 1, 1_000) ?? cores,
  };
  const needsStore = roles.some((r) => r !== 'stage');
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

function integer(env: NodeJS.ProcessEnv, name: string, min: number, max: number): number | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(
    `${name} is ${JSON.stringify(text)}`,
    `set it to a whole number from ${String(min)} to ${String(max)}`,
  );
}

/** `--role control,watch` as roles. */
export function parseRoles(text: string | undefined): readonly Role[] {
  if (text === undefined) return ROLES;
  return text.split(',').map((name) => {
    const role = ROLES.find((r) => r === name.trim());
    if (role !== undefined) return role;
    throw new UsageError(
      `${JSON.stringify(name)} is no role of a worker`,
      `use one or several of ${ROLES.join(', ')}`,
    );
  });
}
