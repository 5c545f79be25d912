import type { Capability } from './capabilities.js';
import type { StageKind } from './own-stage.js';
import type { DeploymentPlan } from './plan.js';
import type { MetricSource, Provider, Router } from './ports.js';
import type { StrategyFunction } from './strategy.js';

/** What serves a target, by name: built in, or `own:NAME`, which whoever runs the workers has added. */
export type Adapters = Pick<DeploymentPlan, 'provider' | 'router' | 'metrics'>;
export const BUILT_IN: Adapters = { provider: 'process', router: 'gateway', metrics: 'gateway' };
/** All that comes with shipway; where those are that a worker does not run itself, the policy says by environment. */
export const SHIPPED: Readonly<Record<keyof Adapters, readonly string[]>> = {
  provider: ['process'],
  router: ['gateway', 'haproxy', 'nginx'],
  metrics: ['gateway', 'prometheus'],
};

/** What stands between the names of two routers that serve a target together; it is in the name of none. */
export const TOGETHER = '+';
/** The routers that a plan names: one, or two that serve together. */
export const routersIn = (router: string): readonly string[] => router.split(TOGETHER);
/** Those that are there: of two, all but what is gone. Where nothing would be left all are asked. */
export function routersLeft(router: string, gone: readonly string[]): readonly string[] {
  const named = routersIn(router);
  const left = named.filter((name) => !gone.includes(name));
  return named.length > 1 && left.length > 0 ? left : named;
}
/** As people read it. */
export const routersText = (router: string): string => routersIn(router).join(' and ');

/** For inputs of activities: there when not all are built in. */
export const adaptersIn = ({ provider, router, metrics }: Adapters): { readonly adapters?: Adapters } =>
  provider === BUILT_IN.provider && router === BUILT_IN.router && metrics === BUILT_IN.metrics
    ? {}
    : { adapters: { provider, router, metrics } };

/**
 * Why a target that serves by these cannot be deployed to by those: what runs would be nobody's to watch, drain and remove. Of two routers
 * one may be left out that is gone.
 */
export function refuseChange(
  served: Adapters,
  asked: Adapters,
  gone: readonly string[] = [],
): string | undefined {
  const left = { ...served, router: routersLeft(served.router, gone).join(TOGETHER) };
  const port = (['provider', 'router'] as const).find((p) => ![served[p], left[p]].includes(asked[p]));
  if (port === undefined) return undefined;
  const dropped = routersIn(served.router).filter((name) => !routersIn(asked.router).includes(name));
  const isLess = port === 'router' && routersIn(served.router).includes(asked.router);
  const hint = isLess ? `; say gone_routers: [${dropped.join()}] in the policy if that is gone for good` : '';
  return `what is live has the ${port} ${served[port]}, and this would have ${asked[port]}${hint}`;
}

/**
 * What a user adds to his workers, by the names that a configuration has after `own:`. It serves as what is built in does: permit and
 * audit come before it, wherever it stands. `carries` is what it can do; a configuration that claims more is refused before it is asked.
 */
export interface Extensions {
  readonly providers?: Readonly<Record<string, { readonly provider: Provider; readonly carries: Carries }>>;
  readonly routers?: Readonly<Record<string, { readonly router: Router; readonly carries: Carries }>>;
  readonly metrics?: Readonly<Record<string, MetricSource>>;
  /** Kinds of stages: `uses: own:NAME`. */
  readonly stages?: Readonly<Record<string, StageKind>>;
  /** How traffic moves: `strategy: own:NAME`. */
  readonly strategies?: Readonly<Record<string, StrategyFunction>>;
}
/** What stands before the name of what a user has added. */
export const OWN = 'own:';
/** What was added under the name that a plan has; `undefined`: nothing was. */
export function ownOf<Own>(own: Readonly<Record<string, Own>> | undefined, name: string): Own | undefined {
  const bare = name.startsWith(OWN) ? name.slice(OWN.length) : '';
  return own !== undefined && Object.hasOwn(own, bare) ? own[bare] : undefined;
}
type Carries = readonly Capability[];
