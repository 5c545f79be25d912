import type { Client } from '@temporalio/client';
import { targetId, type TargetRef } from '../domain/ids.js';
import type { DriftNow } from '../domain/next.js';
import type { TargetView } from '../domain/view.js';
import { viewOf } from './describe.js';

export type { DriftNow } from '../domain/next.js';

/** How targets differ from their records, as their workflows last wrote it: nothing of one that is worked on, or whose workflow is gone. */
export async function driftIn(client: Client, targets: readonly TargetRef[]): Promise<readonly DriftNow[]> {
  const seen = await Promise.all(
    targets.map(async ({ service, environment }) => {
      const found = await viewOf<TargetView>(client, targetId({ service, environment }));
      const { drift: what, live, running } = found?.view ?? {};
      if (found?.status !== 'RUNNING' || what === undefined || running !== undefined) return [];
      return [{ service, environment, what, ...(live === undefined ? {} : { live }) }];
    }),
  );
  return seen.flat();
}
