import type { DeploymentPlan, StrategyKind } from './plan.js';

/** What a provider or a router can do. */
type Capability = 'side_by_side' | 'weighted' | 'user_sticky';

/** One table: what each carries. An adapter's contract suite proves its row. */
export const PROVIDERS: Readonly<Record<DeploymentPlan['provider'], readonly Capability[]>> = {
  process: ['side_by_side'],
};
export const ROUTERS: Readonly<Record<DeploymentPlan['router'], readonly Capability[]>> = {
  gateway: ['weighted', 'user_sticky'],
};

/** What each strategy needs of the two together. */
const NEEDS: Readonly<Record<StrategyKind, readonly Capability[]>> = {
  blue_green: ['side_by_side', 'weighted'],
  canary: ['side_by_side', 'weighted', 'user_sticky'],
};

/** Why the strategy cannot work with this provider and router, or `undefined` when it can. */
export function refuseCombination({
  provider,
  router,
  strategy,
}: Pick<DeploymentPlan, 'provider' | 'router' | 'strategy'>): string | undefined {
  const carried = [...PROVIDERS[provider], ...ROUTERS[router]];
  const missing = NEEDS[strategy.kind].filter((need) => !carried.includes(need));
  return missing.length === 0
    ? undefined
    : `${strategy.kind} needs ${missing.join(', ')}, which ${provider} with ${router} does not carry`;
}
