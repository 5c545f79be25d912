import type { DeploymentRow } from '../../src/domain/store.js';
import type { Live, Slot, TargetState } from '../../src/domain/target.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

const REF = { service: 'shop', environment: 'production' };
const SINCE = '2026-01-01T00:00:00.000Z';

export const releaseOf = (version: string) => requestFor('shop', 'production', version, 'r').release;

/** Each version has another configuration. */
export const configurationOf = (version: string) => ({
  ...deploymentPlan().configuration,
  environment: { VERSION: version },
});

/** A release as it serves, put there by a deployment. */
export const live = (version: string, slot: Slot, deployment: string): Live => ({
  ...{ release: releaseOf(version), slot, deployment, since: SINCE },
  configuration: configurationOf(version),
});

export const state = (now?: Live, knownGood?: Live): TargetState => ({
  ...{ ...REF, schema: 1, holdMarks: [], nextN: 9, revision: 0 },
  ...(now && { live: now }),
  ...(knownGood && { knownGood }),
});

/** A deployment as the store knows it; open unless it has an outcome. */
export const row = (
  id: string,
  version: string,
  {
    replaces,
    ...more
  }: Partial<Pick<DeploymentRow, 'kind' | 'outcome'>> & { readonly replaces?: string } = {},
): DeploymentRow => ({
  ...{ ...REF, id, n: 1, requestId: id, requestedBy: 'ann', startedAt: SINCE, kind: 'deploy' },
  ...{ release: releaseOf(version), plan: deploymentPlan({ configuration: configurationOf(version) }) },
  ...(replaces !== undefined && { replaces: releaseOf(replaces) }),
  ...more,
});
