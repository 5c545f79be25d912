import type { Observed } from '../src/domain/adoption.js';
import { driftOf, type Drift } from '../src/domain/drift.js';
import type { TargetRef } from '../src/domain/ids.js';
import type { TargetState } from '../src/domain/target.js';
import { digestOf } from '../src/hash.js';
import { entry } from './audit.js';
import type { ControlDeps } from './deps.js';
import { livePlan } from './serving-plan.js';
import { tellDrift, type TellDeps } from './tell.js';

/** A target as it was recorded when it was to be looked at. */
export interface Looked extends TargetRef {
  readonly host: string;
  readonly revision: number;
}

/** The targets that are looked at: those with a host, at which nothing is under way. */
export const targetsToLookAt =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (): Promise<readonly Looked[]> => {
    const looked: Looked[] = [];
    for (const { service, environment, host, revision } of await store.targets.list())
      if (host !== undefined && (await store.deployments.open({ service, environment })).length === 0)
        looked.push({ service, environment, host, revision });
    return looked;
  };

export interface DriftSeen {
  readonly found: readonly string[];
  /** The record said something else before. */
  readonly changed: boolean;
}

/**
 * Compares what was observed with the record, notes the difference there, and tells the audit when it is another than before
 * (`drift.found`, `drift.gone`). Touches nothing in the world. Gives the difference; none where the record has changed or a deployment
 * has begun since it was read: the next look tells. Safe to repeat.
 */
export const driftSeen =
  ({ store, ...more }: TellDeps) =>
  async ({ revision, observed, ...ref }: Looked & { readonly observed: Observed }): Promise<DriftSeen> => {
    const state = await store.targets.load(ref);
    if (state?.revision !== revision || (await store.deployments.open(ref)).length > 0)
      return { found: [], changed: false };
    const { live, drift: before } = state;
    const asked = await livePlan({ store }, state);
    const found = driftOf(state, observed, live && digestOf(live.configuration), asked);
    if (same(before, found)) return { found, changed: false };
    const { service, environment } = state;
    const subject = { service, environment, version: live?.release.version ?? 'none' };
    const event = found.length === 0 ? 'drift.gone' : 'drift.found';
    // First the entry: a retry that finds the record changed would not know that it is missing.
    await store.audit.append([
      entry(subject, event, { what: found.length === 0 ? (before?.found ?? []) : found }),
    ]);
    await tellDrift({ store, ...more }, subject, found);
    return { found, changed: await store.targets.save(withDrift(state, found)) };
  };

const same = (before: Drift | undefined, found: readonly string[]): boolean =>
  JSON.stringify(before?.found ?? []) === JSON.stringify(found);

function withDrift({ drift: _, ...state }: TargetState, found: readonly string[]): TargetState {
  return found.length === 0 ? state : { ...state, drift: { since: new Date().toISOString(), found } };
}
