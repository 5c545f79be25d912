import type { DeploymentPlan, QueueRules } from './plan.js';
import type { DeployRequest } from './target.js';

/** Of a plan that says nothing of it, as plans once did: in the order of asking, behind a whole bake. */
const IN_ORDER: QueueRules = { policy: 'queue', duringBake: 'queue', minBakeMs: Infinity };

export const queueRules = ({ queue }: Pick<DeploymentPlan, 'queue'>): QueueRules => queue ?? IN_ORDER;

export const supersedes = ({ plan }: Pick<DeployRequest, 'plan'>): boolean =>
  queueRules(plan).policy === 'supersede';

/** Those who wait, in the order of asking, and whose place a later one takes: everybody before the last that supersedes and `mayTake`. */
export function outrun(
  queue: readonly DeployRequest[],
  mayTake: (request: DeployRequest) => boolean,
): readonly DeployRequest[] {
  const last = queue.findLastIndex((request) => supersedes(request) && mayTake(request));
  return queue.slice(0, Math.max(last, 0));
}
