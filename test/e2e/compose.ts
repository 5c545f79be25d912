import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { packageRoot } from '../../src/paths.js';

export interface ComposeService {
  readonly image: string;
  readonly build?: unknown;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly network_mode?: string;
  readonly pid?: string;
  readonly security_opt?: readonly string[];
}

/** Everything that `.env` must say; the values are marks that are found again in what comes out. */
export const SECRETS = {
  TEMPORAL_DB_PASSWORD: 'mark-of-temporal-db',
  SHIPWAY_DB_PASSWORD: 'markofshipwaydb',
  SHIPWAY_API_TOKEN: 'mark-of-the-api-token',
  SHIPWAY_STAGE_TOKEN: 'mark-of-the-stage-token',
  SHIPWAY_POLICY_FILE: '/mark/of/the/policy.yaml',
};

/** `docker-compose config` with these variables and no others: what would be started. Fails with its words. */
export async function composeConfig(
  env: Readonly<Record<string, string>> = SECRETS,
): Promise<Readonly<Record<string, ComposeService>>> {
  const { stdout } = await promisify(execFile)('docker-compose', ['config'], {
    cwd: packageRoot(),
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
  });
  return (parse(stdout) as { services: Record<string, ComposeService> }).services;
}
