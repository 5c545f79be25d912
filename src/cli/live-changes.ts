import { apiClient, type ApiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import { changesOf } from '../domain/changes.js';
import { deploymentIn, environmentsOf } from '../domain/environments.js';
import type { DeploymentPlan, Plan } from '../domain/plan.js';
import type { Secret } from '../domain/ports.js';
import { secretsIn, secretText, withSecrets } from '../domain/secrets.js';
import type { Live } from '../domain/target.js';
import { UsageError } from '../errors.js';
import { settings } from './context.js';
import { progress } from './output.js';
import type { Values } from './table.js';

/** How one environment's settings would change, if the run began now. */
export interface LiveChanges {
  readonly environment: string;
  /** What serves there; absent: nothing. */
  readonly live?: string;
  readonly changes: readonly string[];
  /** Secrets without a value; with any, a run is refused. */
  readonly missing: readonly string[];
}

/** The same for each environment of a plan, asked of the worker; `undefined`, and said why, when that does not answer. */
export async function liveChanges(values: Values, plan: Plan): Promise<readonly LiveChanges[] | undefined> {
  try {
    const api = apiClient(await settings(values));
    const [targets, { secrets }] = await Promise.all([api.targets(plan.service), api.secrets()]);
    const all = environmentsOf(plan).map(async (environment) => {
      const asked = deploymentIn(plan, environment);
      const live = targets.find((t) => t.environment === environment)?.live;
      return asked === undefined ? [] : [await changesIn(api, environment, asked, live, secrets)];
    });
    return (await Promise.all(all)).flat();
  } catch (error) {
    if (!(error instanceof CommandError) && !(error instanceof UsageError)) throw error;
    progress(`what this changes of what serves is not known: ${error.message}`, values);
    return undefined;
  }
}

async function changesIn(
  api: ApiClient,
  environment: string,
  asked: DeploymentPlan,
  live: Live | undefined,
  secrets: readonly Secret[],
): Promise<LiveChanges> {
  const pins = secretsIn(asked.configuration).map(([name, of]) => {
    const there = secrets.find(({ path }) => path === of.secret)?.versions ?? [];
    const version = of.version ?? there.at(-1)?.version;
    return { name, of, version: there.find((v) => v.version === version)?.version };
  });
  const missing = pins.flatMap(({ name, of, version }) =>
    version === undefined ? [`${secretText(of)} (${name})`] : [],
  );
  if (live === undefined) return { environment, changes: [], missing };
  const known = pins.map(({ name, of, version }) => [
    name,
    version === undefined ? of : { secret: of.secret, version },
  ]);
  const after =
    pins.length === 0
      ? asked
      : withSecrets(asked, Object.fromEntries(known) as Parameters<typeof withSecrets>[1]);
  const { plan } = await api.deployment(live.deployment);
  const changes = changesOf({ ...plan, configuration: live.configuration }, after);
  return { environment, live: live.release.version, changes, missing };
}

/** For people: what changes, and what is to be done first. */
export function liveChangesText(all: readonly LiveChanges[]): readonly string[] {
  return all.flatMap(({ environment, live, changes, missing }) => [
    live === undefined
      ? `${environment}: nothing serves there`
      : changes.length === 0
        ? `${environment}: the settings stay as they are with ${live}`
        : `${environment}: settings that differ from those of ${live}, which serves`,
    ...changes.map((line) => `  ${line}`),
    ...missing.map(
      (secret) =>
        `  no value yet: ${secret}; give it one with shipway secrets set ${secret.split(' ')[0] ?? ''}`,
    ),
  ]);
}
