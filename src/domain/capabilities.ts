import { routersIn } from './adapters.js';
import type { DeploymentPlan, StrategyKind } from './plan.js';
import { strategyName } from './strategy.js';
import { RESOURCES, type Resource } from './usage.js';

/** What a provider, and what a router can do. */
export const CAPABILITIES = {
  provider: ['side_by_side', 'per_instance', 'usage'],
  router: ['weighted', 'user_sticky', 'per_instance'],
} as const;
export type Capability = (typeof CAPABILITIES)[keyof typeof CAPABILITIES][number];
/** By the name of an adapter. */
export type Carried = Readonly<Record<string, readonly Capability[]>>;

/** One table: what each carries. An adapter's contract suite proves its row. */
export const PROVIDERS: Carried = {
  process: ['side_by_side', 'per_instance', 'usage'],
};
export const ROUTERS: Carried = {
  gateway: ['weighted', 'user_sticky', 'per_instance'],
  haproxy: ['weighted', 'user_sticky', 'per_instance'],
  nginx: ['weighted', 'user_sticky', 'per_instance'],
};

interface Needs {
  readonly provider: readonly Capability[];
  readonly router: readonly Capability[];
}
const BY_SHARES: Needs = { provider: ['side_by_side'], router: ['weighted', 'user_sticky'] };

/** What each strategy needs of the two. */
const NEEDS: Readonly<Record<StrategyKind, Needs>> = {
  in_place: { provider: [], router: ['per_instance'] },
  blue_green: { provider: ['side_by_side'], router: ['weighted'] },
  rolling: {
    provider: [...BY_SHARES.provider, 'per_instance'],
    router: [...BY_SHARES.router, 'per_instance'],
  },
  feature_flag: { provider: ['side_by_side'], router: ['weighted'] },
  canary: BY_SHARES,
  own: BY_SHARES,
};

/** Why the strategy cannot work with this provider and router, or `undefined` when it can. `own`: what adapters of a user's carry. */
export function refuseCombination(
  {
    provider,
    router,
    strategy,
    rollback,
  }: Pick<DeploymentPlan, 'provider' | 'router' | 'strategy' | 'rollback'>,
  own: { readonly providers?: Carried; readonly routers?: Carried } = {},
): string | undefined {
  const needs = NEEDS[strategy.kind];
  const missing = [
    lacking(`provider ${provider}`, needs.provider, PROVIDERS[provider] ?? own.providers?.[provider]),
    ...routersIn(router).map((one) =>
      lacking(
        `router ${one}`,
        rollback === undefined ? needs.router : [...needs.router, 'user_sticky'],
        ROUTERS[one] ?? own.routers?.[one],
      ),
    ),
  ].filter((text) => text !== undefined);
  return missing.length === 0 ? undefined : `${strategyName(strategy)} needs ${missing.join(', and ')}`;
}

/** Why the provider cannot serve a trigger, and which; `undefined` when it can serve all. `own`: as above. */
export function refuseUsage(
  { provider, watch: { triggers } }: Pick<DeploymentPlan, 'provider' | 'watch'>,
  own: Carried = {},
): { readonly trigger: Resource; readonly why: string } | undefined {
  const trigger = RESOURCES.find((resource) => triggers[resource] !== undefined);
  const lacks = lacking(`provider ${provider}`, ['usage'], PROVIDERS[provider] ?? own[provider]);
  return trigger === undefined || lacks === undefined
    ? undefined
    : { trigger, why: `triggers.${trigger} needs ${lacks}` };
}

function lacking(
  who: string,
  needs: readonly Capability[],
  carries: readonly Capability[] = [],
): string | undefined {
  const missing = needs.filter((need) => !carries.includes(need));
  return missing.length === 0 ? undefined : `${missing.join(', ')}, which the ${who} does not carry`;
}
