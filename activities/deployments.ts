import { afterEnd, afterLoss, type DeploymentEnd } from '../src/domain/aftermath.js';
import { lostOf, type TargetRef, type Subject } from '../src/domain/ids.js';
import type { Outcome } from '../src/domain/outcome.js';
import type { Configuration, Share } from '../src/domain/plan.js';
import type { Release } from '../src/domain/release.js';
import type { DeploymentRow, Store } from '../src/domain/store.js';
import type { Live, TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import { entry, self } from './audit.js';
import { tellEnd, type TellDeps } from './tell.js';
import { permitGuard, type PermitGuard } from './permits.js';
import { changeRecord, loadRecord } from './target-record.js';
import type { EffectInput } from './effect.js';

export interface PromoteInput extends EffectInput {
  readonly release: Release;
  readonly configuration: Configuration;
}
export interface DemoteInput extends EffectInput {
  readonly replaces?: Live;
}
export interface FinishInput extends Subject, DeploymentEnd {
  /** What was undone, when, and the share of the users that the candidate had after it: written now, because going back does not wait for the store. */
  readonly late: readonly { readonly at: number; readonly what: string; readonly share?: Share }[];
}

/** What a deployment changes in its target's record. All are safe to repeat. */
export function createDeploymentActivities(deps: TellDeps) {
  const { store } = deps;
  const permits = permitGuard(store);
  return {
    promote: (i: PromoteInput) => promote(store, permits, i),
    undoPromote: (i: DemoteInput) => undoPromote(store, permits, i),
    finishDeployment: (i: FinishInput) => finishDeployment(deps, i),
    settleDeployment: (i: TargetRef & { deployment: string }) => settleDeployment(store, i),
  };
}

/** The release is live from now on. */
async function promote(store: Store, permits: PermitGuard, i: PromoteInput): Promise<void> {
  await permits.forward(i);
  const { release, configuration, candidate: slot } = i;
  const live: Live = { release, slot, configuration, deployment: self(), since: new Date().toISOString() };
  await changeRecord(store, i, async (state) => {
    if (state.live?.deployment === self()) return state;
    const details = { release: release.digest, slot, replaces: state.live?.release.digest ?? 'none' };
    // First the entry: a retry that finds the record changed would not know that it is missing.
    await store.audit.append([entry(i, 'deployment.promoted', details)]);
    return { ...state, live };
  });
}

/** Saves also when there is nothing to change: a promotion that was given up and lands late must find another revision. */
async function undoPromote(store: Store, permits: PermitGuard, i: DemoteInput): Promise<void> {
  await permits.back(i);
  await changeRecord(store, i, async (state) => {
    const { live, ...rest } = state;
    if (live?.deployment !== self()) return state;
    const details = { release: live.release.digest, live: i.replaces?.release.digest ?? 'none' };
    await store.audit.append([entry(i, 'deployment.demoted', details)]);
    return i.replaces === undefined ? rest : { ...rest, live: i.replaces };
  });
}

/** The end of a deployment: its outcome, what it means for the target, and the permit closed. */
async function finishDeployment(deps: TellDeps, i: FinishInput): Promise<void> {
  const { store } = deps;
  const row = await store.deployments.find(i.deployment);
  if (row === undefined) throw new ShipwayError('permit.missing', `${i.deployment} was never admitted`);
  const endedAt = new Date().toISOString();
  const by = i.failure === undefined ? {} : { failure: i.failure };
  const end = { outcome: i.outcome, reason: i.reason, ...by };
  if (row.kind === 'recover') await finishLost(deps, row, i, endedAt);
  else await changeRecord(store, i, (state) => afterEnd(state, i, row, endedAt));
  await store.audit.append([
    ...i.late.map(({ at, what, share }, n) =>
      entry(
        i,
        'effect.undone',
        { what, ...(share === undefined ? {} : { share }) },
        {
          timestamp: new Date(at).toISOString(),
          late: true,
          key: `${i.deployment}/undone/${String(at)}/${String(n)}`,
        },
      ),
    ),
    entry(i, 'deployment.finished', { deployment: i.deployment, ...end }),
  ]);
  await store.permits.close(i.deployment, endedAt);
  await store.deployments.finish(i.deployment, { endedAt, ...end });
  await tellEnd(deps, row, i);
}

/** Ends what a recovery was for, and recoveries of it that were lost themselves: none of them may have an effect any more. */
async function finishLost(
  deps: TellDeps,
  row: DeploymentRow,
  i: FinishInput,
  endedAt: string,
): Promise<void> {
  const { store } = deps;
  const lost = lostOf(row.requestId);
  await changeRecord(store, i, (state) => afterLoss(state, lost));
  const became = i.outcome === 'shipped' ? 'the target was put back to what is known good' : i.reason;
  const end = { endedAt, outcome: 'rolled_back', reason: `it ended without an outcome; ${became}` } as const;
  const open = await store.deployments.open(i);
  const others = open.filter((r) => r.requestId === row.requestId && r.id !== row.id).map((r) => r.id);
  for (const id of [lost, ...others]) {
    await store.permits.close(id, endedAt);
    await store.deployments.finish(id, end);
  }
  const was = await store.deployments.find(lost);
  if (was?.outcome !== undefined)
    await tellEnd(deps, was, { ...end, outcome: was.outcome, reason: was.reason ?? '' });
}

async function settleDeployment(
  store: Store,
  i: TargetRef & { deployment: string },
): Promise<{ state: TargetState; outcome?: Outcome }> {
  const row = await store.deployments.find(i.deployment);
  const state = await loadRecord(store, i);
  return { state, ...(row?.outcome === undefined ? {} : { outcome: row.outcome }) };
}
