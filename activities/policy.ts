import type { EnvironmentPolicy, Policy } from '../src/domain/policy.js';
import { deploymentIn, environmentsOf } from '../src/domain/environments.js';
import type { Plan } from '../src/domain/plan.js';
import { ShipwayError } from '../src/errors.js';

/** The rules of one environment. Fails with `policy.unknown_environment`: what the policy does not name is not allowed. */
export async function policyOf(
  policy: () => Promise<Policy>,
  environment: string,
): Promise<EnvironmentPolicy> {
  const { environments } = await policy();
  const rules = Object.hasOwn(environments, environment) ? environments[environment] : undefined;
  if (rules !== undefined) return rules;
  const known = Object.keys(environments).join(', ');
  throw new ShipwayError(
    'policy.unknown_environment',
    `the policy does not name the environment ${environment}; it names ${known}`,
  );
}

/** Whoever a plan has told of trouble is a channel of the policy, or nobody would ever hear of it. Fails with `policy.unknown_channel`. */
export async function refuseUnheard(policy: () => Promise<Policy>, plan: Plan): Promise<void> {
  const known = Object.keys((await policy()).notifications?.channels ?? {});
  for (const environment of environmentsOf(plan))
    for (const name of deploymentIn(plan, environment)?.notificationChannels ?? [])
      if (!known.includes(name))
        throw new ShipwayError(
          'policy.unknown_channel',
          `${plan.service} has ${name} told of ${environment}, and the policy has ${known.length === 0 ? 'no channels' : `no such channel; it has ${known.join(', ')}`}`,
        );
}
