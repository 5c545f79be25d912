import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { coveredBy } from '../../activities/covered.js';
import { deploymentId, type TargetRef } from '../../src/domain/ids.js';
import type { DeploymentInput } from '../../src/domain/inputs.js';
import type { Permit } from '../../src/domain/permit.js';
import type { DeploymentRow, Store } from '../../src/domain/store.js';
import { newTarget, type DeployRequest } from '../../src/domain/target.js';
import { deploymentPlan, runFor } from './plans.js';

/** What permits a deployment of this row, beside nothing. */
export const permitOf = (row: DeploymentRow, more: Partial<DeploymentInput> = {}): Permit => ({
  deployment: row.id,
  target: { service: row.service, environment: row.environment },
  statements: [],
  planHash: 'x',
  covers: coveredBy({ ...row, candidate: 'green', ...more } as DeploymentInput),
  grantedAt: '2026-01-01T00:00:00.000Z',
});

/** Admits a row as it is, with the target's record left as it was. */
export async function admitRow(
  store: Pick<Store, 'targets' | 'deployments'>,
  row: DeploymentRow,
  permit: Permit = permitOf(row),
): Promise<boolean> {
  const state = (await store.targets.load(row)) ?? newTarget(row);
  return store.deployments.admit({ row, permit, state, entries: [] });
}

/** A deployment of nothing much, under way. */
export const rowOf = (target: TargetRef, n: number, more: Partial<DeploymentRow> = {}): DeploymentRow => ({
  ...target,
  id: deploymentId(target, n),
  n,
  kind: 'deploy',
  requestId: `run-${String(n)}/deploy`,
  requestedBy: 'ann',
  release: {
    service: target.service,
    version: 'v1',
    commit: 'c0ffee',
    digest: 'a'.repeat(64),
    artifacts: [],
  },
  plan: deploymentPlan(),
  startedAt: new Date(Date.now() - 60_000 + n).toISOString(),
  ...more,
});

/** The run that a request is from: admitted, and under way for good, because nobody works for it. */
export async function runOf(client: Client, store: Store, of: DeployRequest): Promise<void> {
  if ((await store.runs.find(of.pipeline)) !== undefined) return;
  await store.runs.admit({ run: runFor(of), nonce: randomUUID(), message: '', entries: [] });
  await client.workflow.start('pipeline', {
    ...{ workflowId: of.pipeline, taskQueue: 'nobody', args: [], workflowIdConflictPolicy: 'USE_EXISTING' },
  });
}
