import type { DeploymentPlan, StrategyKind } from './plan.js';
import { strategyName } from './strategy.js';

/** What a provider or a router can do. */
export const CAPABILITIES = ['side_by_side', 'weighted', 'user_sticky'] as const;
export type Capability = (typeof CAPABILITIES)[number];
/** By the name of an adapter. */
export type Carried = Readonly<Record<string, readonly Capability[]>>;

/** One table: what each carries. An adapter's contract suite proves its row. */
export const PROVIDERS: Carried = {
  process: ['side_by_side'],
};
export const ROUTERS: Carried = {
  gateway: ['weighted', 'user_sticky'],
  haproxy: ['weighted', 'user_sticky'],
  nginx: ['weighted', 'user_sticky'],
};

/** What each strategy needs of the two together. */
const NEEDS: Readonly<Record<StrategyKind, readonly Capability[]>> = {
  blue_green: ['side_by_side', 'weighted'],
  canary: ['side_by_side', 'weighted', 'user_sticky'],
  own: ['side_by_side', 'weighted', 'user_sticky'],
};

/** Why the strategy cannot work with this provider and router, or `undefined` when it can. `own`: what adapters of a user's carry. */
export function refuseCombination(
  { provider, router, strategy }: Pick<DeploymentPlan, 'provider' | 'router' | 'strategy'>,
  own: { readonly providers?: Carried; readonly routers?: Carried } = {},
): string | undefined {
  const carried = [
    ...(PROVIDERS[provider] ?? own.providers?.[provider] ?? []),
    ...(ROUTERS[router] ?? own.routers?.[router] ?? []),
  ];
  const missing = NEEDS[strategy.kind].filter((need) => !carried.includes(need));
  return missing.length === 0
    ? undefined
    : `${strategyName(strategy)} needs ${missing.join(', ')}, which ${provider} with ${router} does not carry`;
}
