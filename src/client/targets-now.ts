import type { Client } from '@temporalio/client';
import { liveIn } from '../domain/environments.js';
import { targetId, type TargetRef } from '../domain/ids.js';
import type { DriftNow, LiveNow } from '../domain/next.js';
import type { RunView, TargetView } from '../domain/view.js';
import { viewOf } from './describe.js';

/** Targets as their workflows last wrote of themselves; one whose workflow is gone is not told of. */
export async function targetsNow(
  client: Client,
  targets: readonly TargetRef[],
): Promise<readonly TargetView[]> {
  const seen = await Promise.all(targets.map((target) => viewOf<TargetView>(client, targetId(target))));
  return seen.flatMap((found) =>
    found?.status === 'RUNNING' && found.view !== undefined ? [found.view] : [],
  );
}

/** How they differ from their records; nothing of one that is worked on. */
export const driftOf = (targets: readonly TargetView[]): readonly DriftNow[] =>
  targets.flatMap(({ service, environment, live, drift: what, running }) =>
    what === undefined || running !== undefined
      ? []
      : [{ service, environment, what, ...(live === undefined ? {} : { live }) }],
  );

/** Where a run shipped to and another version is live by now. Nothing of a target that has yet to record the run's own deployment. */
export const sinceOf = (targets: readonly TargetView[], run: RunView): readonly LiveNow[] =>
  run.outcome === undefined
    ? []
    : targets.flatMap(({ service, environment, live, running }) =>
        live === undefined ||
        live === run.version ||
        (running !== undefined && running === run.deployment) ||
        !liveIn(run).includes(environment)
          ? []
          : [{ service, environment, live }],
      );

/** A run that waits for a deployment to end. */
export interface Behind {
  readonly run: string;
  readonly version: string;
  readonly by: string;
}
export const behind = (targets: readonly TargetView[], deployment: string | undefined): readonly Behind[] =>
  targets
    .filter(({ running }) => running !== undefined && running === deployment)
    .flatMap(({ queue }) =>
      queue.map(({ requestId, version, by }) => ({ run: requestId.split('/')[0] ?? '', version, by })),
    );
