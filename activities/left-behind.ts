import { routersIn, routersLeft } from '../src/domain/adapters.js';
import type { DeploymentInput } from '../src/domain/inputs.js';
import type { TargetState } from '../src/domain/target.js';
import type { ControlDeps } from './deps.js';
import { livePlan } from './serving-plan.js';

/**
 * Routers of which the policy says that they are gone, of those by which the target is served or is to be: what they have of it stays as it
 * is. Of what one router serves alone nothing is asked.
 */
export async function leftBehind(
  { store, policy }: Pick<ControlDeps, 'store' | 'policy'>,
  state: TargetState,
  { environment, plan }: Pick<DeploymentInput, 'environment' | 'plan'>,
): Promise<Pick<DeploymentInput, 'leftBehind'>> {
  const served = await livePlan({ store }, state);
  const pair = [plan, ...(served === undefined ? [] : [served])]
    .map(({ router }) => router)
    .find((router) => routersIn(router).length > 1);
  if (pair === undefined) return {};
  const { environments } = await policy();
  const rules = Object.hasOwn(environments, environment) ? environments[environment] : undefined;
  const left = routersLeft(pair, rules?.goneRouters ?? []);
  const [gone] = routersIn(pair).filter((name) => !left.includes(name));
  return gone === undefined ? {} : { leftBehind: gone };
}
