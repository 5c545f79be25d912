import { ApplicationFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import { environmentOf } from '../src/domain/environments.js';
import { refuserOf, type GateState } from '../src/domain/gate.js';
import type { Order } from '../src/domain/graph.js';
import type { Admitted, PipelineInput } from '../src/domain/inputs.js';
import { type Ended, failureTypeOf } from '../src/domain/outcome.js';
import type { DeployStage, StagePlan } from '../src/domain/plan.js';
import type { Evidence } from '../src/domain/release.js';
import type { Statement } from '../src/domain/statement.js';
import type { Finished } from '../src/domain/target.js';
import type { RunView, StageView } from '../src/domain/view.js';
import { deployThrough } from './deploy-through.js';
import type { Gates } from './gate.js';
import { evidenceFor, madeOf, releaseOf, type Made } from './made.js';
import { control } from './profiles.js';
import { sideBySide } from './side-by-side.js';
import { allowing, command, ownStage, performanceTest, scan } from './stage-commands.js';
import { reasonOf } from './undo.js';

/** A run under way: what its stages read and write. */
export interface Run {
  readonly input: PipelineInput;
  readonly order: Order;
  /** What its stages have made so far. */
  readonly made: Made;
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

/** `built`: what an earlier run made, which is shipped; `kept`: what stages of one that failed have made, which are not run again. */
export async function runStages(run: Run, { built, kept }: Pick<Admitted, 'built' | 'kept'>): Promise<void> {
  const { made } = run;
  Object.assign(made, madeOf(built, kept));
  run.know(made.evidence);
  await sideBySide(
    run.input.plan,
    async (stage) => {
      const instead = insteadOf(stage, built ?? kept);
      if (instead === undefined) await take(run, stage, made);
      else run.note(stage.name, instead);
    },
    ({ name }, error) => {
      // In a row there is nothing else to wait for: the run's end says it.
      if (!run.order.sideBySide || isCancellation(error) || run.cancelled()) return;
      ended(run, name, { state: 'failed', note: reasonOf(error) });
    },
    ({ name }, need) => {
      run.note(name, { note: `not run: ${need} did not pass` });
    },
  );
}

async function take(run: Run, stage: StagePlan, made: Made): Promise<void> {
  if (stage.inEnvironment !== undefined) run.enter(stage.inEnvironment);
  await begun(run, stage.name);
  ended(
    run,
    stage.name,
    await runStage(run, stage, made).finally(() => {
      run.know(made.evidence);
    }),
  );
}

/** Of stages that begin together one change of the view tells. */
async function begun(run: Run, name: string): Promise<void> {
  const begins = { state: 'running', startedAt: Date.now() } as const;
  if (!run.order.sideBySide) {
    run.stage(name, begins);
    return;
  }
  run.note(name, begins);
  await Promise.resolve();
  run.update({});
}

/** In a row the next change tells of it; beside others that may be long in coming. */
function ended(run: Run, name: string, end: Partial<StageView>): void {
  run.note(name, { ...end, endedAt: Date.now() });
  if (run.order.sideBySide) run.update({});
}

/** What is shown of a stage that does not run. Without what was made before nothing of it is used, whatever the plan says. */
function insteadOf(
  { skipped, reused }: StagePlan,
  before: object | undefined,
): Partial<StageView> | undefined {
  if (skipped !== undefined) return { state: 'skipped', note: skipped };
  return reused === undefined || before === undefined
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
    case 'own':
      return allowing(stage, () => ownStage(run, stage, made));
    case 'approve':
      return approval(run, stage, made);
    case 'deploy':
      return deploy(run, stage, made);
  }
}

async function approval(run: Run, stage: StagePlan, made: Made): Promise<Partial<StageView>> {
  const release = await releaseOf(run, stage, made);
  const { plan, planHash, requestedBy, run: id } = run.input;
  const environment = environmentOf(plan, stage);
  const closed = await run.gates.ask(async () => {
    const { gate, expiresAfterMs } = await control.openGate.executeWithOptions(
      { summary: 'compute the decision and ask who must approve it' },
      [
        {
          plan,
          environment,
          planHash,
          release,
          evidence: evidenceFor(run, stage, made),
          requestedBy,
          run: id,
        },
      ],
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
  const release = await releaseOf(run, stage, made);
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
      evidence: evidenceFor(run, stage, made),
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
