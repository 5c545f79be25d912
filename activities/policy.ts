import type { EnvironmentPolicy, Policy } from '../src/domain/policy.js';
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
