import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { environmentOf } from '../src/domain/environments.js';
import {
  beginsWithSource,
  type CommandStage,
  type Plan,
  type ScanStage,
  type StagePlan,
} from '../src/domain/plan.js';
import type { StageView } from '../src/domain/view.js';
import { madeBefore, type Made } from './made.js';
import { stageActivities } from './profiles.js';
import type { Run } from './stages.js';
import { reasonOf, typeOf } from './undo.js';

/** A stage with `allow_failure` says that it failed and lets the run go on. */
export async function allowing(
  stage: CommandStage | ScanStage,
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

export async function command(run: Run, stage: CommandStage, made: Made): Promise<Partial<StageView>> {
  const { plan, source, run: id } = run.input;
  const activities = stageActivities(stage.timeoutMs);
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await activities.runStage.executeWithOptions(
        { summary: `run ${stage.name}${attempt > 1 ? `, attempt ${String(attempt)}` : ''}` },
        [
          {
            run: id,
            service: plan.service,
            environment: environmentOf(plan, stage),
            version: plan.version,
            commit: plan.commit,
            source,
            stage,
            artifacts: madeBefore(plan, stage, made.artifacts),
            attempt,
            requestedBy: run.input.requestedBy,
            followed: followed(plan, stage),
          },
        ],
      );
      if (result.artifacts !== undefined) made.artifacts.push(result.artifacts);
      return { state: 'passed' };
    } catch (error) {
      if (isCancellation(error) || !mayPass(error) || attempt >= stage.attempts) throw error;
      run.stage(stage.name, { note: `attempt ${String(attempt)} failed` });
    }
  }
}

/** What a second try may change. A lost stage is none of it: whether it is begun again is said by `on_lost`. */
const mayPass = (error: unknown): boolean => ['stage.failed', 'stage.timeout'].includes(typeOf(error) ?? '');

export async function scan(run: Run, stage: ScanStage, made: Made): Promise<Partial<StageView>> {
  const { plan, source, run: id } = run.input;
  const result = await stageActivities(stage.timeoutMs).runScan.executeWithOptions(
    { summary: `scan ${stage.checks.join(', ')}` },
    [
      {
        run: id,
        service: plan.service,
        environment: environmentOf(plan, stage),
        version: plan.version,
        commit: plan.commit,
        source,
        stage,
        artifacts: madeBefore(plan, stage, made.artifacts),
        attempt: 1,
        requestedBy: run.input.requestedBy,
        followed: followed(plan, stage),
      },
    ],
  );
  made.evidence.push(result.evidence);
  if (result.findings > 0)
    throw ApplicationFailure.nonRetryable(
      `${result.evidence.summary}; see shipway logs ${id} --stage ${stage.name}`,
      'scan.findings',
    );
  return { state: 'passed', note: result.evidence.summary };
}
