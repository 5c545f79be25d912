import { routersIn } from '../src/domain/adapters.js';
import { asConfigured, leftOnSince, LOOKED_AT, wayBack } from '../src/domain/going-back.js';
import { returnOf, type Pace } from '../src/domain/gradual.js';
import type { DeploymentPlan } from '../src/domain/plan.js';
import { queriesLeft } from '../src/domain/queries.js';
import type { DeploymentRow } from '../src/domain/store.js';
import { replacesInstances } from '../src/domain/strategy.js';
import type { RollbackRequest, TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';
import { refuseWithoutSecrets } from './pinned.js';
import { planHere } from './serving-plan.js';

type Deps = Pick<ControlDeps, 'store' | 'artifacts' | 'secrets'>;

/** What a rollback brings back, how, and what it turns off. Fails with `rollback.impossible`, and in an emergency with `emergency.over`. */
export async function broughtBack(
  deps: Deps,
  state: TargetState,
  { to, emergency, pace }: Pick<RollbackRequest, 'to' | 'emergency' | 'pace'>,
): Promise<Pick<DeploymentRow, 'release' | 'plan' | 'leftOn'>> {
  const { service, environment } = state;
  const rows = await deps.store.deployments.list({ service, environment, limit: LOOKED_AT });
  if (emergency !== undefined) await refuseOver(deps, state, rows);
  const good = await newestGood(deps, state, rows, to);
  await refuseWithoutSecrets(deps, good.release.version, good.plan);
  const serves = state.live && (await deps.store.deployments.find(state.live.deployment));
  const now = serves && asConfigured(serves, rows);
  const plan = paced(asConfigured(good, rows), now, emergency === undefined ? pace : 'immediate');
  const leftOn = leftOnSince(good, rows);
  return {
    release: good.release,
    plan: routedAs(plan, serves && (await planHere(deps, state, serves))),
    ...(leftOn.length === 0 ? {} : { leftOn }),
  };
}

/** Users are where what serves has them: at its ports, and of two routers at the one that is left when the other has gone since. */
function routedAs(plan: DeploymentPlan, serving: DeploymentPlan | undefined): DeploymentPlan {
  const { router, listen, secondListen } = serving ?? plan;
  const narrower = router !== plan.router;
  if (serving === undefined || (narrower && !routersIn(plan.router).includes(router))) return plan;
  const { listen: _, secondListen: __, watch, ...rest } = plan;
  const queries =
    narrower && watch.queries ? queriesLeft(watch.queries, plan.router, [router]) : watch.queries;
  return {
    ...{ ...rest, router },
    ...(listen === undefined ? {} : { listen }),
    ...(secondListen === undefined ? {} : { secondListen }),
    watch: { ...watch, ...(queries === undefined ? {} : { queries }) },
  };
}

/** The plan of then, with the users' way back as what serves now has it, or the person who asks. Beside what runs alone nothing is started. */
function paced(
  { rollback: _, ...plan }: DeploymentPlan,
  now: DeploymentPlan | undefined,
  pace: Pace | undefined,
): DeploymentPlan {
  if (now?.strategy.kind === 'in_place') return { ...plan, strategy: now.strategy };
  const how = returnOf(pace, now ?? {});
  return how === undefined || replacesInstances(plan.strategy.kind) ? plan : { ...plan, rollback: how };
}

/**
 * In an emergency the last change is taken back, and not one more each time that it is declared. What failed before it moved a user has
 * changed nothing; what the rules found bad may serve all the same: its flag was turned off, and it stays. Fails with `emergency.over`.
 */
async function refuseOver(
  { store }: Pick<Deps, 'store'>,
  { live }: TargetState,
  newestFirst: readonly DeploymentRow[],
): Promise<void> {
  const serves = live && (await store.deployments.find(live.deployment));
  if (serves === undefined) return;
  if (serves.kind !== 'deploy')
    throw new ShipwayError('emergency.over', `${serves.id} has put ${serves.release.version} back already`);
  const last = newestFirst.find(({ kind, outcome }) => kind === 'deploy' && outcome !== 'failed');
  if (last === undefined || last.id === serves.id) return;
  if (last.outcome === 'rolled_back' || last.outcome === 'aborted')
    throw new ShipwayError(
      'emergency.over',
      `${last.id} does not serve any more; ${serves.release.version} does`,
    );
}

/** The deployment that a rollback goes back to. Fails with `rollback.impossible`, saying what there is. */
async function newestGood(
  { artifacts }: Pick<Deps, 'artifacts'>,
  state: TargetState,
  rows: readonly DeploymentRow[],
  to: string | undefined,
): Promise<DeploymentRow> {
  const { service, environment } = state;
  const { chosen, known } = wayBack(state, rows, to);
  if (chosen !== undefined && (to === undefined || (await isKept(artifacts, chosen)))) return chosen;
  const beside = `known good beside the live one: ${known.join(', ') || 'none'}`;
  throw new ShipwayError(
    'rollback.impossible',
    chosen !== undefined
      ? `${to ?? ''} of ${service} is not kept any more`
      : to !== undefined && to === state.live?.release.version
        ? `${to} of ${service} is live in ${environment} now; ${beside}`
        : `${service} in ${environment} has no known good release${to === undefined ? ' before the live one' : ` ${to}`}; ${beside}`,
  );
}
/** What nobody names is kept for its time only. What a rollback goes to by itself is kept for good, so that nothing is asked about it. */
async function isKept(artifacts: Deps['artifacts'], { release }: DeploymentRow): Promise<boolean> {
  const there = await Promise.all(release.artifacts.map(({ digest }) => artifacts.has(digest)));
  return there.every((is) => is);
}
