import { canonical } from './canonical.js';
import { leaves, needsOf, waitsFor } from './graph.js';
import { isWork, type Plan, type StagePlan } from './plan.js';
import type { ArtifactRef, Evidence } from './release.js';

/** What a stage of a run that did not ship has made: its result stands. */
export interface Passed {
  readonly stage: string;
  readonly artifacts?: ArtifactRef;
  readonly evidence: readonly Evidence[];
}

/**
 * A run's plan once more, in which what passed is not done again: of the stages that are done once for all environments, those that
 * passed, unless something that they were given is made anew. What was left to an earlier run stays so.
 */
export function retryPlan({
  run,
  plan,
  passed,
}: {
  run: string;
  plan: Plan;
  passed: readonly Passed[];
}): Plan {
  if (plan.release !== undefined) return plan;
  const done = new Set(passed.map(({ stage }) => stage));
  const stages: StagePlan[] = [];
  for (const stage of plan.stages) {
    const again = { ...plan, stages: [...stages, stage, ...plan.stages.slice(stages.length + 1)] };
    const kept = { ...stage, reused: stage.reused ?? run };
    const stands = stage.reused !== undefined || (stage.skipped === undefined && done.has(stage.name));
    stages.push(stands && repeatable(stage) && madeAnew(again, kept) === undefined ? kept : without(stage));
  }
  return { ...plan, stages };
}

const without = ({ reused: _, ...stage }: StagePlan): StagePlan => stage;

/** Gates and deployments, and what is an environment's own, are of one run. */
const repeatable = (stage: StagePlan): boolean => stage.inEnvironment === undefined && isWork(stage);

/** Why a plan may not leave a stage to an earlier run: a stage whose artifacts it was given runs again. */
export const madeAnew = (plan: Plan, stage: StagePlan): string | undefined =>
  makersBefore(plan, stage).find((s) => s.reused === undefined)?.name;

/** The stages whose artifacts it was given, and that are left to earlier runs as well. */
export const givenFrom = (plan: Plan, stage: StagePlan): readonly StagePlan[] =>
  makersBefore(plan, stage).filter((s) => s.reused !== undefined);

function makersBefore(plan: Plan, stage: StagePlan): readonly StagePlan[] {
  const before = waitsFor(needsOf(plan)).get(stage.name) ?? new Set();
  return plan.stages.filter((s) => before.has(s.name) && leaves(s));
}

/** Stages that do the same have the same. */
export const sameWork = ({ reused: _, ...stage }: StagePlan): string => canonical(stage);
