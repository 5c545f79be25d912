import type { DeploymentPlan, QueueRules } from './plan.js';
import type { DeployRequest } from './target.js';

/** Of a plan that says nothing of it, as plans once did: in the order of asking, behind a whole bake. */
const IN_ORDER: QueueRules = { policy: 'queue', duringBake: 'queue', minBakeMs: Infinity };

export const queueRules = ({ queue }: Pick<DeploymentPlan, 'queue'>): QueueRules => queue ?? IN_ORDER;

/** Those who wait, in the order of asking, and whose place a later one takes: everybody before the last that supersedes. */
export function outrun(queue: readonly DeployRequest[]): readonly DeployRequest[] {
  const last = queue.findLastIndex(({ plan }) => queueRules(plan).policy === 'supersede');
  return queue.slice(0, Math.max(last, 0));
}
