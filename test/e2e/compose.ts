import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { packageRoot } from '../../src/paths.js';
import { compose } from './system.js';

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

/** As the plugin writes what the program writes on a line. */
interface LongPort {
  readonly host_ip?: string;
  readonly published?: string;
  readonly target: number;
}
interface LongVolume {
  readonly source: string;
  readonly target: string;
}
interface Service extends Omit<ComposeService, 'ports' | 'volumes'> {
  readonly ports?: readonly (LongPort | string)[];
  readonly volumes?: readonly (LongVolume | string)[];
}

/** `docker compose config` with these variables and no others: what would be started. Fails with its words. */
export async function composeConfig(
  env: Readonly<Record<string, string>> = SECRETS,
  [program, ...args] = compose ?? ['docker-compose'],
): Promise<Readonly<Record<string, ComposeService>>> {
  const { stdout } = await promisify(execFile)(program, [...args, 'config'], {
    cwd: packageRoot(),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
  const { services } = parse(stdout) as { services: Record<string, Service> };
  return Object.fromEntries(Object.entries(services).map(([name, service]) => [name, shortened(service)]));
}

const shortened = ({ ports, volumes, ...service }: Service): ComposeService => ({
  ...service,
  ...(ports && { ports: ports.map((p) => (typeof p === 'string' ? p : portLine(p))) }),
  ...(volumes && {
    volumes: volumes.map((v) => (typeof v === 'string' ? v : `${v.source}:${v.target}`)),
  }),
});

const portLine = ({ host_ip = '', published = '', target }: LongPort): string =>
  `${host_ip}:${published}:${String(target)}`;
