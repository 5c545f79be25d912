import { ApplicationFailure, patched } from '@temporalio/workflow';
import type { Admitted, Built } from '../src/domain/inputs.js';
import type { CommandStage, StagePlan } from '../src/domain/plan.js';
import type { ArtifactRef, Evidence, Release } from '../src/domain/release.js';
import type { Passed } from '../src/domain/retry.js';
import type { RunStageResult } from '../src/domain/stage.js';
import type { Statement } from '../src/domain/statement.js';
import { control } from './profiles.js';
import type { Run } from './stages.js';
import { detailsOf } from './undo.js';

/** What the stages so far have made. */
export interface Made {
  artifacts: ArtifactRef[];
  evidence: Evidence[];
  /** So much of the evidence is recorded. */
  recorded: number;
  release?: Release;
  approval?: { decision: string; statements: readonly Statement[] };
}

export const nothingMade = (): Made => ({ artifacts: [], evidence: [], recorded: 0 });

export const madeOf = (built: Built | undefined, kept: Admitted['kept']): Made =>
  built === undefined
    ? { ...nothingMade(), artifacts: [...(kept?.artifacts ?? [])], evidence: [...(kept?.evidence ?? [])] }
    : {
        artifacts: [...built.release.artifacts],
        evidence: [...built.evidence],
        recorded: built.evidence.length,
        release: built.release,
      };

/** What was found out by a stage that failed all the same: where it may, the run goes on with that. */
export function evidenceIn(error: unknown): readonly Evidence[] {
  const details = detailsOf(error);
  return Array.isArray(details) ? (details as readonly Evidence[]) : [];
}

/** What its reports say. Fails with `stage.report_missing` where the worker of a stage is of a version that reads none. */
export function evidenceFrom(
  { name, reports }: CommandStage,
  { evidence }: RunStageResult,
): readonly Evidence[] {
  if (reports !== undefined && evidence === undefined)
    throw ApplicationFailure.nonRetryable(
      `the worker that ran ${name} reads no reports: bring all workers to the newer version`,
      'stage.report_missing',
    );
  return evidence ?? [];
}

/**
 * What was made before a stage begins: by those that it waits for, in the order of the plan, and not by what happens to have ended. What
 * no stage of the plan has made is of a release that was built before.
 */
export function madeBefore<Part extends { readonly stage: string }>(
  { input, order }: Pick<Run, 'input' | 'order'>,
  stage: StagePlan,
  parts: readonly Part[],
): readonly Part[] {
  const before = order.before.get(stage.name);
  const at = ({ stage: name }: Part): number => input.plan.stages.findIndex((s) => s.name === name);
  return parts
    .filter((part) => at(part) < 0 || before?.has(part.stage) === true)
    .sort((a, b) => at(a) - at(b));
}

/**
 * The release is made once, from what was made before the stage that first needs its digest. What this run has found out about one that
 * was built before is recorded then, too.
 */
export async function releaseOf(run: Run, stage: StagePlan, made: Made): Promise<Release> {
  const { plan, run: id } = run.input;
  const artifacts = madeBefore(run, stage, made.artifacts);
  const evidence = evidenceFor(run, stage, made);
  if (made.release === undefined) {
    const summary = `record release ${plan.version}`;
    made.release = await control.recordRelease.executeWithOptions({ summary }, [
      { plan, run: id, artifacts, evidence },
    ]);
  } else if (evidence.length > made.recorded && patched('evidence-of-built')) {
    await control.recordEvidence({ plan, run: id, release: made.release, evidence });
  }
  made.recorded = evidence.length;
  run.update({ release: made.release.digest });
  return made.release;
}

/** What is known of a release when a stage asks. */
export const evidenceFor = (run: Run, stage: StagePlan, made: Made): readonly Evidence[] =>
  madeBefore(run, stage, made.evidence);

/** What one stage has made. */
export function partOf({ artifacts, evidence }: Made, stage: string): Passed {
  const own = artifacts.find((a) => a.stage === stage);
  return {
    stage,
    ...(own === undefined ? {} : { artifacts: own }),
    evidence: evidence.filter((e) => e.stage === stage),
  };
}
