import { Context } from '@temporalio/activity';
import type { DeploymentPlan } from '../src/domain/plan.js';
import { ownerOf, secretsIn, secretText, withSecrets, type SecretReference } from '../src/domain/secrets.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';

type Deps = Pick<ControlDeps, 'secrets' | 'policy'>;

/**
 * The deployment with the versions of its secrets as it would get them now: those that it names, else the newest. Reads no value. One
 * without secrets stays as it is. Fails with `secret.missing`, naming all that are, `policy.refused`, `secrets.unavailable`.
 */
export async function pinned(deps: Deps, environment: string, plan: DeploymentPlan): Promise<DeploymentPlan> {
  const wanted = secretsIn(plan.configuration);
  if (wanted.length === 0) return plan;
  await refuseForeign(deps, environment, wanted);
  const found = await located(deps, plan);
  const missing = missingOf(found);
  if (missing !== '') throw new ShipwayError('secret.missing', `${environment} lacks ${missing}`);
  const secrets = found.map(({ name, of, version = 0 }) => [name, { secret: of.secret, version }] as const);
  return withSecrets(plan, Object.fromEntries(secrets));
}

/** Going back takes the versions of then: with newer ones it would be another configuration. Fails with `rollback.impossible`. */
export async function refuseWithoutSecrets(
  deps: Pick<Deps, 'secrets'>,
  release: string,
  plan: DeploymentPlan,
): Promise<void> {
  const missing = missingOf(await located(deps, plan));
  if (missing !== '')
    throw new ShipwayError(
      'rollback.impossible',
      `${release} ran with ${missing}, and that is there no more`,
    );
}

interface Located {
  readonly name: string;
  readonly of: SecretReference;
  readonly version: number | undefined;
}
const located = (
  deps: Pick<Deps, 'secrets'>,
  { configuration }: DeploymentPlan,
): Promise<readonly Located[]> =>
  Promise.all(
    secretsIn(configuration).map(async ([name, of]) => ({ name, of, version: await versionOf(deps, of) })),
  );

const missingOf = (found: readonly Located[]): string =>
  found
    .filter(({ version }) => version === undefined)
    .map(({ name, of }) => `${secretText(of)} (${name})`)
    .join(', ');

async function versionOf(
  { secrets }: Pick<Deps, 'secrets'>,
  { secret, version }: SecretReference,
): Promise<number | undefined> {
  const there = await secrets.versions(secret, Context.current().cancellationSignal);
  return (version === undefined ? there.at(-1) : there.find((v) => v.version === version))?.version;
}

/** Whoever may ship to one environment must not read the secrets of another by that. */
async function refuseForeign(
  { policy }: Deps,
  environment: string,
  wanted: readonly (readonly [string, SecretReference])[],
): Promise<void> {
  const environments = Object.keys((await policy()).environments);
  for (const [name, { secret }] of wanted) {
    const owner = ownerOf(secret, environment, environments);
    if (owner !== undefined)
      throw new ShipwayError(
        'policy.refused',
        `${secret} (${name}) is a secret of ${owner}, and ${environment} may not have it`,
      );
  }
}
