import { LOOKED_AT } from '../src/domain/going-back.js';
import type { InUse } from '../src/domain/housekeeping.js';
import type { DeploymentRow } from '../src/domain/store.js';
import type { ControlDeps } from './deps.js';

/** Runs that Temporal has open, and when the oldest of them began (epoch ms). */
export interface OpenRuns {
  readonly pipelines: readonly string[];
  readonly since: number;
}

export async function openRuns({ client }: Pick<ControlDeps, 'client'>): Promise<OpenRuns> {
  const pipelines: string[] = [];
  let since = Infinity;
  const query = "WorkflowType='pipeline' AND ExecutionStatus='Running'";
  for await (const { workflowId, startTime } of client.workflow.list({ query })) {
    pipelines.push(workflowId);
    since = Math.min(since, startTime.getTime());
  }
  return { pipelines, since };
}

/** `pipeline/<service>/<run>` */
const runOf = (pipeline: string): string => pipeline.slice(pipeline.lastIndexOf('/') + 1);

/** What decisions about old things look at, as it is now. */
export async function inUse(
  { store }: Pick<ControlDeps, 'store'>,
  { pipelines }: Pick<OpenRuns, 'pipelines'>,
): Promise<InUse> {
  const targets = await store.targets.list();
  const deployments: DeploymentRow[] = [];
  for (const { service, environment } of targets) {
    const newest = await store.deployments.list({ service, environment, limit: LOOKED_AT });
    const open = await store.deployments.open({ service, environment });
    deployments.push(...newest, ...open.filter(({ id }) => newest.every((row) => row.id !== id)));
  }
  return { targets, deployments, runs: pipelines.map(runOf) };
}
