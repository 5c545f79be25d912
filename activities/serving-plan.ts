import { BUILT_IN } from '../src/domain/adapters.js';
import type { TargetRef } from '../src/domain/ids.js';
import type { DeploymentPlan } from '../src/domain/plan.js';
import type { DeploymentRow } from '../src/domain/store.js';
import type { TargetState } from '../src/domain/target.js';
import type { ControlDeps } from './deps.js';

type Deps = Pick<ControlDeps, 'store'>;
/** Which target it is, and what is live there. */
export type Serving = TargetRef & { readonly live?: TargetState['live'] | undefined };

/**
 * The plan of the deployment that made live what serves; `undefined`: nothing is live, or its deployment is not known any more. What was
 * adopted may have been deployed in another environment only: what serves it, and where, is then as this target's newest deployment has
 * it, as those of another environment are not its own. Fails with `store.unavailable`.
 */
export async function livePlan(
  { store }: Deps,
  { live, ...target }: Serving,
): Promise<DeploymentPlan | undefined> {
  const row = live && (await store.deployments.find(live.deployment));
  return row && planHere({ store }, target, row);
}

/** The same where the row of that deployment is known. */
export async function planHere(
  { store }: Deps,
  target: TargetRef,
  { environment, plan }: DeploymentRow,
): Promise<DeploymentPlan> {
  if (environment === target.environment) return plan;
  const { listen: _, secondListen: __, ...rest } = plan;
  return { ...rest, ...served(await newest({ store }, target)) };
}

/**
 * By what a target is served: as the plan of the deployment that is under way there, else of the live one, else of the newest has it;
 * `undefined`: nothing was ever deployed there. One that ended in nothing says nothing of what serves. Fails with `store.unavailable`.
 */
export async function servingPlan(
  { store }: Deps,
  { service, environment }: TargetRef,
): Promise<DeploymentPlan | undefined> {
  const ref = { service, environment };
  const [open, state] = await Promise.all([store.deployments.open(ref), store.targets.load(ref)]);
  const plan = open.at(-1)?.plan ?? (state && (await livePlan({ store }, state)));
  return plan ?? newest({ store }, ref);
}

async function newest(
  { store }: Deps,
  { service, environment }: TargetRef,
): Promise<DeploymentPlan | undefined> {
  const [row] = await store.deployments.list({ service, environment, limit: 1 });
  return row?.plan;
}

type Reach = Pick<DeploymentPlan, 'provider' | 'router' | 'metrics' | 'listen' | 'secondListen'>;
const served = ({ provider, router, metrics, listen, secondListen }: Reach = BUILT_IN): Reach => ({
  ...{ provider, router, metrics },
  ...(listen === undefined ? {} : { listen }),
  ...(secondListen === undefined ? {} : { secondListen }),
});
