import { serving, type Observed } from '../src/domain/adoption.js';
import { targetId, type TargetRef } from '../src/domain/ids.js';
import type { Accepted } from '../src/domain/messages.js';
import type { ObservedSlot, RouterState } from '../src/domain/ports.js';
import type { Statement } from '../src/domain/statement.js';
import type { DeploymentRow } from '../src/domain/store.js';
import type { TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import { digestOf } from '../src/hash.js';
import { seen } from './answered.js';
import { entry, self } from './audit.js';
import { beating } from './beating.js';
import type { ControlDeps, EffectDeps } from './deps.js';
import { wasVerified } from './request-checks.js';
import { loadRecord, withRecord } from './target-record.js';
import { worldAt } from './world.js';

/** What runs and serves now. Changes nothing, so it needs no permit. Fails with `provider.unavailable`, `router.unavailable`. */
export const observeTarget =
  (deps: EffectDeps) =>
  (target: TargetRef): Promise<Observed> =>
    beating(async (signal) => {
      const { provider, router, routers, gone } = await worldAt(deps, target);
      const [slots, known] = await Promise.all([
        seen('provider.unavailable', signal, (ending) => provider.observe(target, ending)),
        seen('router.unavailable', signal, (ending) => router.observe(target, ending)),
      ]);
      const differences = Object.values(known?.differences ?? {});
      return {
        shares: known?.shares ?? {},
        slots,
        ...(differences.length === 0 ? {} : { differences }),
        ...addressesOf(known, routers),
        ...(gone === undefined ? {} : { gone }),
      };
    });

/** Where users reach a target. None where one of two routers says nothing: whose the other's address is cannot be told then. */
export function addressesOf(
  known: RouterState | undefined,
  routers: readonly string[],
): Pick<Observed, 'addresses'> {
  const listed = known === undefined ? [] : [known.address, ...(known.others ?? [])];
  if (listed.length !== routers.length) return {};
  return { addresses: Object.fromEntries(routers.map((name, i) => [name, listed[i] ?? ''])) };
}

/** The host that a target's instances are on, or would be. */
export const hostOf =
  ({ store, host }: Pick<ControlDeps, 'store' | 'host'>) =>
  async (target: TargetRef): Promise<string> =>
    (await loadRecord(store, target)).host ?? host;

export interface AdoptInput extends TargetRef {
  readonly observed: Observed;
  readonly statement: Statement;
  readonly host: string;
}
type Adopted = Accepted & { readonly state: TargetState };

/**
 * Records what serves as live, when it is a release that was deployed here and runs as some deployment had configured it: a rollback must
 * know both. Only a target's own workflow may ask, for a statement that it has verified. Safe to repeat.
 * Fails with `permit.missing`, `statement.refused`, `adopt.impossible`.
 */
export const adoptLive =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: AdoptInput): Promise<Adopted> => {
    if (self() !== targetId(input))
      throw new ShipwayError(
        'permit.missing',
        `only ${targetId(input)} records what is live there, not ${self()}`,
      );
    if (!(await wasVerified({ store }, input.statement, self())))
      throw new ShipwayError('statement.refused', 'the statement for this adoption was never verified');
    const found = serving(input.observed);
    if (typeof found === 'string') throw new ShipwayError('adopt.impossible', found);
    const row = await shippedAs({ store }, input, found);
    return withRecord(store, input, (state) => adopted({ store }, input, found, row, state));
  };

/** `undefined`: somebody has saved the target's record since it was read. Known good stays what passed its bake. */
async function adopted(
  { store }: Pick<ControlDeps, 'store'>,
  input: AdoptInput,
  { slot, configuration }: ObservedSlot,
  { id, release, plan }: DeploymentRow,
  state: TargetState,
): Promise<Adopted | undefined> {
  const { live } = state;
  const { gone } = input.observed;
  const left = gone === undefined ? '' : `; ${gone} is gone, as the policy says, and was not looked at`;
  const said = `${release.version} in ${slot}`;
  const same = live?.slot === slot && live.release.digest === release.digest;
  if (same && digestOf(live.configuration) === configuration)
    return { status: 'accepted', message: `${said} is live already${left}`, state };
  const { statement, host } = input;
  const details = { release: release.digest, slot, replaces: live?.release.digest ?? 'none' };
  const by = { user: statement.person, statement };
  // First the entry: a retry that finds the record changed would not know that it is missing.
  await store.audit.append([entry({ ...input, version: release.version }, 'live.adopted', details, by)]);
  const since = new Date().toISOString();
  const next = { release, slot, configuration: plan.configuration, deployment: id, since };
  if (!(await store.targets.save({ ...state, live: next, host }))) return undefined;
  return {
    status: 'accepted',
    message: `${said} is live from now on, in place of ${live?.release.version ?? 'nothing'}${left}`,
    state: await loadRecord(store, input),
  };
}

/** Deployments of the service, newest first. */
const LOOKED_AT = 1_000;

/** The newest of them that had this release with this configuration, if there is one in the same environment. */
async function shippedAs(
  { store }: Pick<ControlDeps, 'store'>,
  { service, environment }: TargetRef,
  { slot, release, version, configuration }: ObservedSlot,
): Promise<DeploymentRow> {
  const rows = await store.deployments.list({ service, limit: LOOKED_AT });
  const same = rows.filter((row) => row.release.digest === release);
  const alike = same.filter((row) => digestOf(row.plan.configuration) === configuration);
  const found = alike.find((row) => row.environment === environment) ?? alike[0];
  if (found !== undefined) return found;
  const lacks = same.length === 0 ? 'is in none' : 'runs with the configuration of none';
  throw new ShipwayError(
    'adopt.impossible',
    `${version} in ${slot} ${lacks} of the newest ${String(LOOKED_AT)} deployments of ${service}`,
  );
}
