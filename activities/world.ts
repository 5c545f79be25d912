import type { Pair } from '../src/adapters/routers/agreed.js';
import { leftAlone } from '../src/adapters/routers/left-alone.js';
import { together } from '../src/adapters/routers/together.js';
import type { Running } from '../src/adapters/routers/bring-along.js';
import { wayBack, type WayBack } from '../src/adapters/routers/way-back.js';
import { BUILT_IN, OWN, ownOf, routersIn, routersLeft, type Adapters } from '../src/domain/adapters.js';
import { refuseCombination, refuseUsage, type Carried } from '../src/domain/capabilities.js';
import type { TargetRef } from '../src/domain/ids.js';
import type { DeploymentPlan } from '../src/domain/plan.js';
import type { ObservedSlot, Router } from '../src/domain/ports.js';
import { ShipwayError } from '../src/errors.js';
import type { EffectDeps } from './deps.js';
import type { Told } from './effect.js';
import { lives } from './fill-slot.js';
import { servingPlan } from './serving-plan.js';

/**
 * The adapters that serve a target, by name; two routers that serve it together as one, on the way forward, and one of them alone where the
 * policy says that the other is gone, which is `told` for the audit. Fails with `adapter.unknown` when this worker was given none of that name.
 */
export async function worldOf(deps: EffectDeps, served: Served, told?: Told): Promise<World> {
  const { adapters } = served;
  const routers = await routersThere(deps, served);
  const [gone] = routersIn((adapters ?? BUILT_IN).router).filter((name) => !routers.includes(name));
  if (gone !== undefined) told?.({ left_behind: gone });
  return { ...worldWith(deps, adapters, routers), routers, ...(gone === undefined ? {} : { gone }) };
}

function worldWith(deps: EffectDeps, adapters: Adapters | undefined, there: readonly string[]): EffectDeps {
  if (adapters === undefined) return deps;
  const { providers, routers, metrics } = deps.extensions ?? {};
  const { shipped } = deps;
  const pair = pairOf(deps, adapters);
  return {
    ...deps,
    provider: pick('provider', adapters, { process: deps.provider }, providers, ({ provider }) => provider),
    router:
      pair === undefined
        ? pick('router', adapters, shippedRouters(deps), routers, ({ router }) => router)
        : routerOf(pair, there),
    metrics: pick(
      'metrics',
      adapters,
      { ...shipped?.metrics, gateway: deps.metrics },
      metrics,
      (source) => source,
    ),
  };
}

/** What serves a target. */
export interface World extends EffectDeps {
  /** The names of its routers, of two in their order. */
  readonly routers: readonly string[];
  /** One of two that is left as it is, as the policy says that it is gone. */
  readonly gone?: string;
}
/** What is said in the timeline of one that is left. */
export const leftAsItIs = ({ gone }: World): string | undefined =>
  gone === undefined ? undefined : `leave ${gone} as it is, which is gone`;

interface Served extends Pick<TargetRef, 'environment'> {
  readonly adapters?: Adapters;
}

/** Those that share a target's traffic out, by name: of two, but for one that the policy says is gone. */
export async function routersThere(
  { shipped }: Pick<EffectDeps, 'shipped'>,
  { adapters = BUILT_IN, environment }: Served,
): Promise<readonly string[]> {
  const named = routersIn(adapters.router);
  // What has one only does not wait for the policy.
  if (named.length < 2) return named;
  return routersLeft(adapters.router, (await shipped?.gone?.({ environment })) ?? []);
}

const routerOf = (pair: Pair, [first, ...more]: readonly string[]): Router =>
  first === undefined || more.length > 0 ? together(pair) : leftAlone(pair, first);

interface ServedBack extends Served {
  /** Where two routers are to listen; absent: where they do. */
  readonly plan?: Pick<DeploymentPlan, 'listen' | 'secondListen'>;
}
/** The world of a way back: `settled` fails with what one of two routers has failed with, and `lagging` says it. */
export type WorldBack = World & Pick<WayBack, 'settled' | 'lagging'>;

/**
 * The same for a way back, which neither of two routers holds up at the other: it does all it can at the one that follows, and only then
 * fails with what the other has failed with. So whoever goes it ends with `settled`, and says that before removing what users may be sent to.
 */
export async function worldBack(deps: EffectDeps, served: ServedBack, told?: Told): Promise<WorldBack> {
  const { adapters, plan } = served;
  const pair = adapters && pairOf(deps, adapters);
  const world = await worldOf(deps, served, told);
  if (pair === undefined || world.gone !== undefined) return { ...world, ...ALONE };
  const running = async (t: TargetRef, signal: AbortSignal): Promise<Running> =>
    runningIn(await world.provider.observe(t, signal));
  return { ...world, ...wayBack(pair, { running, ports: [plan?.listen, plan?.secondListen] }) };
}

const ALONE = { settled: () => undefined, lagging: () => undefined };

const runningIn = (slots: readonly ObservedSlot[]): Running =>
  Object.fromEntries(
    slots.flatMap(({ slot, release, instances }) => {
      const members = instances.filter(lives).map(({ url }) => url);
      return members.length === 0 ? [] : [[slot, { release, members }]];
    }),
  );

const shippedRouters = ({ shipped, router }: EffectDeps): Readonly<Record<string, Router>> => ({
  ...shipped?.routers,
  gateway: router,
});

/** Two different routers that come with shipway: of no other is it proved that it takes a user for the same. */
function pairOf(deps: EffectDeps, { router }: Adapters): Pair | undefined {
  const all = shippedRouters(deps);
  const [first, second, ...more] = routersIn(router).flatMap((name) =>
    Object.hasOwn(all, name) && all[name] !== undefined ? [{ name, router: all[name] }] : [],
  );
  if (routersIn(router).length !== 2 || more.length > 0) return undefined;
  return first === undefined || second === undefined || first.name === second.name
    ? undefined
    : [first, second];
}

/** The same for whoever knows only the target: by what it is served. Fails with `store.unavailable`, too. */
export const worldAt = async (deps: EffectDeps, target: TargetRef): Promise<World> =>
  worldOf(deps, await servedAt(deps, target));

/** The same for what brings something back. */
export const worldBackAt = async (deps: EffectDeps, target: TargetRef): Promise<WorldBack> =>
  worldBack(deps, await servedAt(deps, target));

async function servedAt(deps: EffectDeps, target: TargetRef): Promise<Served> {
  const plan = await servingPlan(deps, target);
  return { environment: target.environment, ...(plan === undefined ? {} : { adapters: plan }) };
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
  const why = refuseCombination(plan, own) ?? refuseUsage(plan, own.providers)?.why;
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
