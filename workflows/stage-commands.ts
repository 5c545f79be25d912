import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { environmentOf } from '../src/domain/environments.js';
import {
  beginsWithSource,
  longestOf,
  type CommandStage,
  type OwnStage,
  type PerformanceStage,
  type Plan,
  type ScanStage,
  type StagePlan,
  type WorkStage,
} from '../src/domain/plan.js';
import type { StageView } from '../src/domain/view.js';
import { evidenceFrom, evidenceIn, madeBefore, type Made } from './made.js';
import { stageActivities } from './profiles.js';
import type { Run } from './stages.js';
import { reasonOf, typeOf } from './undo.js';

/** A stage with `allow_failure` says that it failed and lets the run go on. */
export async function allowing(
  stage: WorkStage,
  body: () => Promise<Partial<StageView>>,
): Promise<Partial<StageView>> {
  try {
    return await body();
  } catch (error) {
    if (!stage.allowFailure || isCancellation(error)) throw error;
    return { state: 'allowed_failure', note: reasonOf(error) };
  }
}

/** Whether a later stage begins with the same source. */
const followed = ({ stages }: Plan, stage: StagePlan): boolean =>
  stages.slice(stages.findIndex((s) => s.name === stage.name) + 1).some(beginsWithSource);

const workOf = <Stage extends WorkStage>(run: Run, stage: Stage, made: Made, attempt = 1) => {
  const { plan, source, run: id, requestedBy } = run.input;
  const artifacts = madeBefore(run, stage, made.artifacts);
  const { service, version, commit } = plan;
  return {
    ...{ run: id, service, environment: environmentOf(plan, stage), version, commit, source, stage },
    ...{ artifacts, attempt, requestedBy, followed: followed(plan, stage) },
  };
};

export async function command(run: Run, stage: CommandStage, made: Made): Promise<Partial<StageView>> {
  const { runStage } = stageActivities(stage.timeoutMs);
  const result = await tried(run, stage, made, (attempt, summary) =>
    runStage.executeWithOptions({ summary }, [workOf(run, stage, made, attempt)]),
  );
  if (result.artifacts !== undefined) made.artifacts.push(result.artifacts);
  made.evidence.push(...evidenceFrom(stage, result));
  return { state: 'passed' };
}

export async function ownStage(run: Run, stage: OwnStage, made: Made): Promise<Partial<StageView>> {
  const { runOwn } = stageActivities(stage.timeoutMs);
  const result = await tried(run, stage, made, (attempt, summary) =>
    runOwn.executeWithOptions({ summary }, [workOf(run, stage, made, attempt)]),
  );
  if (result.artifacts !== undefined) made.artifacts.push(result.artifacts);
  made.evidence.push(...(result.evidence ?? []));
  return { state: 'passed', note: result.reason };
}

/** The workers of stages have these kinds: asked before any stage runs. Fails with `stage.unknown`. */
export const askForKinds = (uses: readonly string[]): Promise<void> =>
  stageActivities(0).stagesKnown.executeWithOptions({ summary: `ask for ${uses.join(', ')}` }, [{ uses }]);

/** As often as its stage says. */
async function tried<Result>(
  run: Run,
  stage: CommandStage | OwnStage,
  made: Made,
  work: (attempt: number, summary: string) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt, `run ${stage.name}${attempt > 1 ? `, attempt ${String(attempt)}` : ''}`);
    } catch (error) {
      if (isCancellation(error) || !mayPass(error) || attempt >= stage.attempts) {
        made.evidence.push(...evidenceIn(error));
        throw error;
      }
      run.stage(stage.name, { note: `attempt ${String(attempt)} failed` });
    }
  }
}

export async function performanceTest(
  run: Run,
  stage: PerformanceStage,
  made: Made,
): Promise<Partial<StageView>> {
  try {
    const { evidence } = await stageActivities(longestOf(stage)).runPerformanceTest.executeWithOptions(
      { summary: `load what is to be released, by ${stage.name}` },
      [workOf(run, stage, made)],
    );
    made.evidence.push(...evidence);
    return { state: 'passed' };
  } catch (error) {
    made.evidence.push(...evidenceIn(error));
    throw error;
  }
}

/** What a second try may change. A lost stage is none of it: whether it is begun again is said by `on_lost`. */
const mayPass = (error: unknown): boolean =>
  ['stage.failed', 'stage.timeout', 'stage.report_failed'].includes(typeOf(error) ?? '');

export async function scan(run: Run, stage: ScanStage, made: Made): Promise<Partial<StageView>> {
  const { run: id } = run.input;
  const result = await stageActivities(stage.timeoutMs).runScan.executeWithOptions(
    { summary: `scan ${stage.checks.join(', ')}` },
    [workOf(run, stage, made)],
  );
  made.evidence.push(result.evidence);
  if (result.findings > 0)
    throw ApplicationFailure.nonRetryable(
      `${result.evidence.summary}; see shipway logs ${id} --stage ${stage.name}`,
      'scan.findings',
    );
  return { state: 'passed', note: result.evidence.summary };
}
