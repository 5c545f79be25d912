import { OWN, ownOf, type Adapters } from '../src/domain/adapters.js';
import { refuseCombination, type Carried } from '../src/domain/capabilities.js';
import type { TargetRef } from '../src/domain/ids.js';
import type { DeploymentPlan } from '../src/domain/plan.js';
import { ShipwayError } from '../src/errors.js';
import type { EffectDeps } from './deps.js';

/** The adapters that serve a target, by name. Fails with `adapter.unknown` when this worker was given none of that name. */
export function worldOf(deps: EffectDeps, { adapters }: { readonly adapters?: Adapters }): EffectDeps {
  if (adapters === undefined) return deps;
  const { providers, routers, metrics } = deps.extensions ?? {};
  const { shipped } = deps;
  return {
    ...deps,
    provider: pick('provider', adapters, { process: deps.provider }, providers, ({ provider }) => provider),
    router: pick(
      'router',
      adapters,
      { ...shipped?.routers, gateway: deps.router },
      routers,
      ({ router }) => router,
    ),
    metrics: pick(
      'metrics',
      adapters,
      { ...shipped?.metrics, gateway: deps.metrics },
      metrics,
      (source) => source,
    ),
  };
}

/** The same for whoever knows only the target: what its newest deployment has. Fails with `store.unavailable`, too. */
export async function worldAt(deps: EffectDeps, { service, environment }: TargetRef): Promise<EffectDeps> {
  const [newest] = await deps.store.deployments.list({ service, environment, limit: 1 });
  return newest === undefined ? deps : worldOf(deps, { adapters: newest.plan });
}

/**
 * What a configuration claims of an adapter is not more than it says of itself, and what it asks of one it can do. `deps` are those that
 * serve the plan. Fails with `config.invalid`.
 */
export function refuseUnfit({ extensions, metrics }: EffectDeps, plan: DeploymentPlan): void {
  if (plan.watch.triggers.metrics !== undefined && metrics.query === undefined)
    throw new ShipwayError(
      'config.invalid',
      `triggers.metrics needs a metric source that answers queries, and ${plan.metrics} answers none`,
    );
  const { providers, routers } = extensions ?? {};
  const own = { providers: carriedBy(providers), routers: carriedBy(routers) };
  const why = refuseCombination(plan, own);
  if (why !== undefined) throw new ShipwayError('config.invalid', why);
}

const carriedBy = (own: Readonly<Record<string, { readonly carries: Carried[string] }>> = {}): Carried =>
  Object.fromEntries(Object.entries(own).map(([name, { carries }]) => [`${OWN}${name}`, carries]));

function pick<Port, Own>(
  port: keyof Adapters,
  adapters: Adapters,
  shipped: Readonly<Record<string, Port>>,
  own: Readonly<Record<string, Own>> | undefined,
  portOf: (own: Own) => Port,
): Port {
  const name = adapters[port];
  const ours = Object.hasOwn(shipped, name) ? shipped[name] : undefined;
  if (ours !== undefined) return ours;
  const found = ownOf(own, name);
  if (found !== undefined) return portOf(found);
  throw new ShipwayError('adapter.unknown', `this worker has no ${port} ${name}`);
}
