import { ApplicationFailure, patched } from '@temporalio/workflow';
import type { Built } from '../src/domain/inputs.js';
import type { CommandStage } from '../src/domain/plan.js';
import type { ArtifactRef, Evidence, Release } from '../src/domain/release.js';
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

export const madeOf = (built: Built | undefined): Made =>
  built === undefined
    ? { artifacts: [], evidence: [], recorded: 0 }
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
 * The release is made once, from all artifacts so far, when something first needs its digest. What this run has found out about one that
 * was built before is recorded then, too.
 */
export async function releaseOf(run: Run, made: Made): Promise<Release> {
  const { plan, run: id } = run.input;
  const { artifacts, evidence } = made;
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
