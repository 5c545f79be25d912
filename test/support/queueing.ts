import type { QueueRules } from '../../src/domain/plan.js';
import type { Lab } from './lab.js';
import { deploymentPlan } from './plans.js';

/** A deployment that waits by these rules, and bakes for so long. */
export const by = (rules: Partial<QueueRules>, bakeMs = 60_000) => ({
  deployment: deploymentPlan({
    strategy: { kind: 'blue_green' },
    bakeMs,
    queue: { policy: 'queue', duringBake: 'queue', minBakeMs: 1_000, ...rules },
  }),
});
/** The bake of this version goes on until something ends it. */
export function bakes(lab: Lab, service: string, version: string): void {
  lab.watching = (w) => {
    const release = lab.store.states.get(`${service}/production`)?.live?.release;
    const baking = w.service === service && w.phase === 'bake' && w.candidate.release === release?.digest;
    const over = w.until !== undefined && w.until <= w.from;
    return baking && release?.version === version && !over ? 'until interrupted' : undefined;
  };
}
