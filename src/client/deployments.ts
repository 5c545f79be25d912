import type { Client } from '@temporalio/client';
import { QUEUES } from '../domain/ids.js';
import { MEMO_VIEW } from '../domain/messages.js';
import type { DeploymentView } from '../domain/view.js';
import { temporalPackage } from '../temporal-package.js';
import {
  endingOf,
  lastVerdictOf,
  pendingOf,
  pollersOf,
  type Ending,
  type Pending,
  type Pollers,
} from './describe.js';
import { CommandError } from './failure.js';

const temporal = temporalPackage('@temporalio/client');

/** `undefined` when Temporal does not know it (any more). */
export async function describeDeployment(
  client: Client,
  workflow: string,
): Promise<{ view: DeploymentView | undefined; pending: readonly Pending[]; status: string } | undefined> {
  try {
    const { memo, raw, status } = await client.workflow.getHandle(workflow).describe();
    const view = memo?.[MEMO_VIEW] as DeploymentView | undefined;
    const verdict = await lastVerdictOf(client, raw);
    return {
      view: view === undefined || verdict === undefined ? view : { ...view, verdict },
      pending: pendingOf(raw),
      status: status.name,
    };
  } catch (error) {
    if (error instanceof temporal.WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** A deployment by itself. */
export interface DeploymentStatus {
  readonly workflow: string;
  readonly temporal: Ending & { readonly pending: readonly Pending[] };
  readonly workers: Pollers;
  readonly deployment: DeploymentView;
}

/** Fails with `CommandError` of kind `not_found`. */
export async function deploymentOf(
  client: Client,
  namespace: string,
  workflow: string,
): Promise<DeploymentStatus> {
  const [under, workers] = await Promise.all([
    describeDeployment(client, workflow),
    pollersOf(client, namespace, QUEUES.control, 'workflows'),
  ]);
  const ending = under && (await endingOf(client, workflow, under.status, under.view));
  if (ending === undefined || under?.view === undefined)
    throw new CommandError(
      ending === undefined
        ? `Temporal knows no ${workflow}`
        : `${workflow} is no deployment of shipway${ending.why === undefined ? '' : `: ${ending.why}`}`,
      'see `shipway history`, which also has those that Temporal has forgotten',
      1,
      undefined,
      'not_found',
    );
  const { view: deployment, pending } = under;
  return { workflow, deployment, temporal: { ...ending, pending }, workers };
}
