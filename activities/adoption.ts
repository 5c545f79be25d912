import { adopted, serving, type Observed, type ObservedSlot } from '../src/domain/adoption.js';
import type { TargetRef } from '../src/domain/ids.js';
import type { Accepted } from '../src/domain/messages.js';
import type { Statement } from '../src/domain/statement.js';
import type { DeploymentRow } from '../src/domain/store.js';
import type { TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import { digestOf } from '../src/hash.js';
import { entry } from './audit.js';
import { beating } from './beating.js';
import type { ControlDeps, EffectDeps } from './deps.js';
import { changeRecord, loadRecord } from './target-record.js';

/** What runs and serves now. Changes nothing, so it needs no permit. Fails with `provider.unavailable`, `router.unavailable`. */
export const observeTarget =
  ({ provider, router }: Pick<EffectDeps, 'provider' | 'router'>) =>
  (target: TargetRef): Promise<Observed> =>
    beating(async (signal) => {
      const [slots, known] = await Promise.all([
        provider.observe(target, signal),
        router.observe(target, signal),
      ]);
      return {
        shares: known?.shares ?? {},
        slots: slots.map(({ slot, release, version, configuration, instances }) => ({
          ...{ slot, release, version, configuration },
          ready: instances.filter(({ state }) => state === 'ready').length,
        })),
      };
    });

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

/**
 * Records what serves as live, when it is a release that was built here and runs as some deployment had configured it: a rollback must
 * know both. Safe to repeat. Fails with `adopt.impossible`.
 */
export const adoptLive =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: AdoptInput): Promise<Accepted & { readonly state: TargetState }> => {
    const found = serving(input.observed);
    if (typeof found === 'string') throw new ShipwayError('adopt.impossible', found);
    const { plan, id, release } = await shippedAs({ store }, input, found);
    const { slot } = found;
    const { configuration } = plan;
    const { live } = await loadRecord(store, input);
    const said = `${release.version} in ${slot}`;
    if (
      live?.slot === slot &&
      live.release.digest === release.digest &&
      digestOf(live.configuration) === found.configuration
    )
      return {
        status: 'accepted',
        message: `${said} is live already`,
        state: await loadRecord(store, input),
      };
    const { statement, host } = input;
    const details = { release: release.digest, slot, replaces: live?.release.digest ?? 'none' };
    await store.audit.append([
      entry({ ...input, version: release.version }, 'live.adopted', details, {
        user: statement.person,
        statement,
      }),
    ]);
    const now = new Date().toISOString();
    await changeRecord(store, input, (state) => ({
      ...adopted(state, { slot, release, configuration }, id, now),
      host,
    }));
    return {
      status: 'accepted',
      message: `${said} is live from now on, in place of ${live?.release.version ?? 'nothing'}`,
      state: await loadRecord(store, input),
    };
  };

/** The newest deployment of the service that had this release with this configuration. */
async function shippedAs(
  { store }: Pick<ControlDeps, 'store'>,
  { service }: TargetRef,
  { slot, release, version, configuration }: ObservedSlot,
): Promise<DeploymentRow> {
  const rows = (await store.deployments.list({ service })).filter((r) => r.release.digest === release);
  if (rows.length === 0)
    throw new ShipwayError(
      'adopt.impossible',
      `${version} in ${slot} is no release that was ever deployed here`,
    );
  const same = rows.find((row) => digestOf(row.plan.configuration) === configuration);
  if (same !== undefined) return same;
  throw new ShipwayError(
    'adopt.impossible',
    `${version} in ${slot} runs with a configuration that no deployment had`,
  );
}
