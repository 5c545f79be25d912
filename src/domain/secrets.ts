import type { Configuration, DeploymentPlan } from './plan.js';

/** Where a value is that no file, history or log may hold: it is read when an instance is started. */
export interface SecretReference {
  /** Its path in the store of secrets. */
  readonly secret: string;
  /** Absent: the newest there is when the deployment is admitted, which is noted here then. */
  readonly version?: number;
}

/** Segments of lower-case letters, digits, `_`, `-` and `.`, so that a path is the same on every file system. */
export const SECRET_PATH = /^(?=.{1,200}$)[a-z0-9][a-z0-9_.-]*(?:\/[a-z0-9][a-z0-9_.-]*)*$/;

/** The secrets of a configuration by the variable that gets them. */
export const secretsIn = ({
  secrets = {},
}: Pick<Configuration, 'secrets'>): readonly (readonly [variable: string, of: SecretReference])[] =>
  Object.entries(secrets).sort(([a], [b]) => (a < b ? -1 : 1));

/** As people read it: `production/database/url v3`. */
export const secretText = ({ secret, version }: SecretReference): string =>
  `${secret}${version === undefined ? '' : ` v${String(version)}`}`;

/** The same deployment with these versions of its secrets. */
export const withSecrets = (
  plan: DeploymentPlan,
  secrets: Readonly<Record<string, SecretReference>>,
): DeploymentPlan => ({ ...plan, configuration: { ...plan.configuration, secrets } });

/**
 * Whose a secret is: a path that begins with the name of an environment is for that environment alone. `undefined` when it may be used
 * in `environment`.
 */
export function ownerOf(
  path: string,
  environment: string,
  environments: readonly string[],
): string | undefined {
  const [first = ''] = path.split('/');
  return path.includes('/') && first !== environment && environments.includes(first) ? first : undefined;
}

/** What keeps a text from being a secret's value, or `undefined`: the rest can be a variable and can be kept out of messages. */
export function unfitValue(value: string): string | undefined {
  if (value.includes('\0')) return 'it has a NUL character, which no variable can hold';
  if (new TextEncoder().encode(value).length > MOST_VALUE_BYTES)
    return `it is longer than ${String(MOST_VALUE_BYTES / 1024)} KiB`;
  return value.trim().length < LEAST_VALUE ? `it has less than ${String(LEAST_VALUE)} characters` : undefined;
}
const MOST_VALUE_BYTES = 64 * 1024;
/** What is shorter cannot be found in a text without finding it everywhere. */
const LEAST_VALUE = 4;
