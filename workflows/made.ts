import { needsOf, waitsFor } from '../src/domain/graph.js';
import type { Admitted, Built } from '../src/domain/inputs.js';
import type { Plan, StagePlan } from '../src/domain/plan.js';
import type { ArtifactRef, Evidence, Release } from '../src/domain/release.js';
import type { Passed } from '../src/domain/retry.js';
import type { Statement } from '../src/domain/statement.js';
import { control } from './profiles.js';
import type { Run } from './stages.js';

/** What the stages so far have made. */
export interface Made {
  artifacts: ArtifactRef[];
  evidence: Evidence[];
  release?: Release;
  approval?: { decision: string; statements: readonly Statement[] };
}

export const madeOf = (built: Built | undefined, kept: Admitted['kept']): Made =>
  built === undefined
    ? { artifacts: [...(kept?.artifacts ?? [])], evidence: [...(kept?.evidence ?? [])] }
    : { artifacts: [...built.release.artifacts], evidence: [...built.evidence], release: built.release };

/**
 * What was made before a stage begins: by those that it waits for, in the order of the plan, and not by what happens to have ended. What
 * no stage of the plan has made is of a release that was built before.
 */
export function madeBefore<Part extends { readonly stage: string }>(
  plan: Plan,
  stage: StagePlan,
  parts: readonly Part[],
): readonly Part[] {
  const before = waitsFor(needsOf(plan)).get(stage.name);
  const at = ({ stage: name }: Part): number => plan.stages.findIndex((s) => s.name === name);
  return parts
    .filter((part) => at(part) < 0 || before?.has(part.stage) === true)
    .sort((a, b) => at(a) - at(b));
}

/** The release is made once, from what was made before the stage that first needs its digest. */
export async function releaseOf(run: Run, stage: StagePlan, made: Made): Promise<Release> {
  const { plan } = run.input;
  const before = {
    artifacts: madeBefore(plan, stage, made.artifacts),
    evidence: evidenceFor(run, stage, made),
  };
  made.release ??= await control.recordRelease.executeWithOptions(
    { summary: `record release ${plan.version}` },
    [{ plan, run: run.input.run, ...before }],
  );
  run.update({ release: made.release.digest });
  return made.release;
}

/** What is known of a release when a stage asks. */
export const evidenceFor = (run: Run, stage: StagePlan, made: Made): readonly Evidence[] =>
  madeBefore(run.input.plan, stage, made.evidence);

/** What one stage has made. */
export function partOf({ artifacts, evidence }: Made, stage: string): Passed {
  const own = artifacts.find((a) => a.stage === stage);
  return {
    stage,
    ...(own === undefined ? {} : { artifacts: own }),
    evidence: evidence.filter((e) => e.stage === stage),
  };
}
