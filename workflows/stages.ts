import { ApplicationFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import { environmentOf } from '../src/domain/environments.js';
import { refuserOf, type GateState } from '../src/domain/gate.js';
import type { Built, Ended, PipelineInput } from '../src/domain/inputs.js';
import { failureTypeOf } from '../src/domain/outcome.js';
import {
  beginsWithSource,
  longestOf,
  type CommandStage,
  type DeployStage,
  type PerformanceStage,
  type Plan,
  type ScanStage,
  type StagePlan,
  type WorkStage,
} from '../src/domain/plan.js';
import type { Evidence } from '../src/domain/release.js';
import type { Statement } from '../src/domain/statement.js';
import type { Finished } from '../src/domain/target.js';
import type { RunView, StageView } from '../src/domain/view.js';
import { deployThrough } from './deploy-through.js';
import type { Gates } from './gate.js';
import { control, stageActivities } from './profiles.js';
import { evidenceFrom, evidenceIn, madeOf, releaseOf, type Made } from './made.js';
import { reasonOf, typeOf } from './undo.js';

/** A run under way: what its stages read and write. */
export interface Run {
  readonly input: PipelineInput;
  readonly gates: Gates;
  readonly view: () => RunView;
  readonly update: (change: Partial<RunView>) => void;
  readonly stage: (name: string, change: Partial<StageView>) => void;
  /** The same without writing it out: the next change does, and a memo written once costs one event instead of two. */
  readonly note: (name: string, change: Partial<StageView>) => void;
  /** From the next change on it is shown, and found, in this environment. */
  readonly enter: (environment: string) => void;
  /** What is known of the release so far: shown from the next change on. */
  readonly know: (evidence: readonly Evidence[]) => void;
  /** How the people in this run are known: shown from the next change on. */
  readonly identify: (identity: 'asserted') => void;
  readonly abortedBy: () => Statement | undefined;
  readonly cancelled: () => boolean;
  /** What was done without waiting for its record has been recorded. */
  readonly recorded: () => boolean;
  /** Waits for a hint from the target, or `withinMs`. Answers whether there was one. */
  readonly hint: (withinMs: number) => Promise<boolean>;
}

/** `built`: what an earlier run made, which is shipped. */
export async function runStages(run: Run, built?: Built): Promise<void> {
  const made = madeOf(built);
  run.know(made.evidence);
  for (const stage of run.input.plan.stages) {
    const instead = insteadOf(stage, built);
    if (instead !== undefined) {
      run.note(stage.name, instead);
      continue;
    }
    if (stage.inEnvironment !== undefined) run.enter(stage.inEnvironment);
    run.stage(stage.name, { state: 'running', startedAt: Date.now() });
    try {
      const passed = await runStage(run, stage, made);
      run.note(stage.name, { ...passed, endedAt: Date.now() });
    } finally {
      run.know(made.evidence);
    }
  }
}

/** What is shown of a stage that does not run. Without what was built before nothing of it is used, whatever the plan says. */
function insteadOf({ skipped, reused }: StagePlan, built: Built | undefined): Partial<StageView> | undefined {
  if (skipped !== undefined) return { state: 'skipped', note: skipped };
  return reused === undefined || built === undefined
    ? undefined
    : { state: 'reused', note: `by run ${reused}`, byRun: reused };
}

function runStage(run: Run, stage: StagePlan, made: Made): Promise<Partial<StageView>> {
  switch (stage.kind) {
    case 'command':
      return allowing(stage, () => command(run, stage, made));
    case 'scan':
      return allowing(stage, () => scan(run, stage, made));
    case 'performance_test':
      return allowing(stage, () => performanceTest(run, stage, made));
    case 'approve':
      return approval(run, stage, made);
    case 'deploy':
      return deploy(run, stage, made);
  }
}

/** A stage with `allow_failure` says that it failed and lets the run go on. */
async function allowing(
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

const workOf = <Stage extends WorkStage>(run: Run, stage: Stage, { artifacts }: Made, attempt = 1) => {
  const { plan, source, run: id, requestedBy } = run.input;
  const { service, version, commit } = plan;
  return {
    ...{ run: id, service, environment: environmentOf(plan, stage), version, commit, source, stage },
    ...{ artifacts, attempt, requestedBy, followed: followed(plan, stage) },
  };
};

async function command(run: Run, stage: CommandStage, made: Made): Promise<Partial<StageView>> {
  const activities = stageActivities(stage.timeoutMs);
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await activities.runStage.executeWithOptions(
        { summary: `run ${stage.name}${attempt > 1 ? `, attempt ${String(attempt)}` : ''}` },
        [workOf(run, stage, made, attempt)],
      );
      if (result.artifacts !== undefined) made.artifacts.push(result.artifacts);
      made.evidence.push(...evidenceFrom(stage, result));
      return { state: 'passed' };
    } catch (error) {
      if (isCancellation(error) || !mayPass(error) || attempt >= stage.attempts) {
        made.evidence.push(...evidenceIn(error));
        throw error;
      }
      run.stage(stage.name, { note: `attempt ${String(attempt)} failed` });
    }
  }
}

async function performanceTest(run: Run, stage: PerformanceStage, made: Made): Promise<Partial<StageView>> {
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

async function scan(run: Run, stage: ScanStage, made: Made): Promise<Partial<StageView>> {
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

async function approval(run: Run, stage: StagePlan, made: Made): Promise<Partial<StageView>> {
  const release = await releaseOf(run, made);
  const { plan, planHash, requestedBy, run: id } = run.input;
  const environment = environmentOf(plan, stage);
  const closed = await run.gates.ask(async () => {
    const { gate, expiresAfterMs } = await control.openGate.executeWithOptions(
      { summary: 'compute the decision and ask who must approve it' },
      [{ plan, environment, planHash, release, evidence: made.evidence, requestedBy, run: id }],
    );
    // Opening is not cut short: a run that was aborted meanwhile waits for nobody.
    if (gate.verdict === 'open' && !run.cancelled()) run.stage(stage.name, { state: 'waiting' });
    return { ...gate, expiresAt: Date.now() + expiresAfterMs };
  });
  if (closed.verdict !== 'approved') throw refused(closed);
  made.approval = { decision: closed.decision, statements: run.gates.statements() };
  const by = closed.answers.map((a) => a.person).join(', ');
  return { state: 'passed', note: by === '' ? 'the policy asks for no approval here' : `approved by ${by}` };
}

function refused(gate: GateState): ApplicationFailure {
  if (gate.verdict === 'expired') return ending({ outcome: 'expired', reason: 'nobody approved in time' });
  const by = refuserOf(gate);
  return ending({
    outcome: 'rejected',
    reason: `rejected by ${by?.person ?? 'nobody'}: ${by?.reason ?? 'no reason given'}`,
  });
}

async function deploy(run: Run, stage: DeployStage, made: Made): Promise<Partial<StageView>> {
  const release = await releaseOf(run, made);
  const { plan, planHash, requestedBy, run: id } = run.input;
  for (let asked = 1; ; asked++) {
    if (made.approval === undefined) await approval(run, stage, made);
    run.stage(stage.name, { state: 'running' });
    const finished = await deployThrough(run, stage.name, {
      service: plan.service,
      environment: environmentOf(plan, stage),
      requestId: `${id}/${stage.name}/${String(asked)}`,
      run: id,
      pipeline: workflowInfo().workflowId,
      requestedBy,
      author: plan.author,
      planHash,
      release,
      evidence: made.evidence,
      plan: stage.deployment,
      ...(made.approval === undefined ? {} : { approval: made.approval }),
    });
    // It was for this deployment, as it was to be.
    delete made.approval;
    if (finished !== 'ask again') return settled(finished);
  }
}

function settled(finished: Finished): Partial<StageView> {
  if (finished.outcome === 'shipped') return { state: 'passed', note: finished.reason };
  throw ending(finished);
}

export function ending(ended: Ended): ApplicationFailure {
  return ApplicationFailure.nonRetryable(ended.reason, failureTypeOf(ended.outcome), ended);
}
