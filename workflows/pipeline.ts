import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { runDetails } from '../src/domain/details.js';
import type { Ended, PipelineInput } from '../src/domain/inputs.js';
import { failureTypeOf, type Outcome } from '../src/domain/outcome.js';
import type { StagePlan } from '../src/domain/plan.js';
import type { RunView, StageView } from '../src/domain/view.js';
import { abortHandler } from './abort.js';
import { asking } from './asking.js';
import { createGates } from './gate.js';
import * as messages from './messages.js';
import { control } from './profiles.js';
import { publisher } from './publish.js';
import { runStages, type Run } from './stages.js';
import { shielded } from './shielded.js';
import { reasonOf } from './undo.js';

/** One execution of a service's stages for one commit, through one environment. Ends shipped, or fails with `run.<outcome>`. */
export async function pipeline(input: PipelineInput): Promise<Ended> {
  const run = createRun(input);
  try {
    const { identity } = await control.admitRun(input);
    run.identify(identity);
    await runStages(run);
    const reason = reasonOfSuccess(input);
    return await shielded(() => end(run, { outcome: 'shipped', reason }));
  } catch (error) {
    const ended = await shielded(() => end(run, endingOf(error, run)));
    if (ended.outcome === 'aborted') throw isCancellation(error) ? error : cancelledDuring(error);
    throw ApplicationFailure.create({
      message: ended.reason,
      type: failureTypeOf(ended.outcome),
      nonRetryable: true,
      details: [ended],
      category: 'BENIGN',
      ...(error instanceof Error ? { cause: error } : {}),
    });
  }
}

const reasonOfSuccess = ({ plan }: PipelineInput): string =>
  plan.stages.some((s) => s.kind === 'deploy')
    ? `${plan.version} is live in ${plan.environment}`
    : 'every stage passed';

function createRun(input: PipelineInput): Run {
  const { plan } = input;
  const workflow = workflowInfo().workflowId;
  const root = CancellationScope.current();
  const publish = publisher(runDetails);
  let view: RunView = {
    run: input.run,
    service: plan.service,
    environment: plan.environment,
    version: plan.version,
    commit: plan.commit,
    planHash: input.planHash,
    requestedBy: input.requestedBy,
    stages: plan.stages.map(pending),
  };
  let hinted = false;
  const update = (change: Partial<RunView>): void => {
    view = { ...view, ...change };
    publish(view);
  };
  const gates = createGates(
    { service: plan.service, environment: plan.environment, version: plan.version },
    (gate) => {
      view = asking(view, gate);
      publish(view);
    },
    (line) => {
      update({ stages: view.stages.map((s) => (s.state === 'waiting' ? { ...s, note: line } : s)) });
    },
  );
  const aborting = abortHandler(workflow, plan);
  setHandler(messages.outcome, () => void (hinted = true), { description: 'Hint from a target: ask again.' });
  setHandler(messages.view, () => view);
  return {
    input,
    gates,
    update,
    view: () => view,
    abortedBy: aborting.by,
    cancelled: () => root.consideredCancelled,
    async hint(within) {
      await condition(() => hinted, within);
      hinted = false;
    },
    stage(name, change) {
      update({ stages: staged(view, name, change) });
    },
    identify(identity) {
      view = { ...view, identity };
    },
    note(name, change) {
      view = { ...view, stages: staged(view, name, change) };
    },
  };
}

const staged = (view: RunView, name: string, change: Partial<StageView>): readonly StageView[] =>
  view.stages.map((s) => (s.name === name ? { ...s, ...change } : s));
const pending = (stage: StagePlan): StageView => ({ name: stage.name, kind: stage.kind, state: 'pending' });

const cancelledDuring = (error: unknown): CancelledFailure =>
  new CancelledFailure('the run was cancelled', [], error instanceof Error ? error : undefined);

/** What a failure of the pipeline's own code or of a step means for the run. A step that failed because it was stopped was aborted. */
function endingOf(error: unknown, run: Run): Ended {
  const known = error instanceof ApplicationFailure && error.type?.startsWith('run.') === true;
  if (isCancellation(error) || (!known && run.cancelled())) {
    const by = run.abortedBy();
    return {
      outcome: 'aborted',
      reason: by === undefined ? 'cancelled in Temporal' : `aborted by ${by.person}: ${by.reason ?? ''}`,
    };
  }
  if (known) return { outcome: error.type.slice('run.'.length) as Outcome, reason: error.message };
  return { outcome: 'failed', reason: reasonOf(error) };
}

async function end(run: Run, ended: Ended): Promise<Ended> {
  const { plan, planHash } = run.input;
  run.update({ ...ended, stages: run.view().stages.map((s) => stopped(s, ended)) });
  await control.finishRun({ plan, planHash, run: run.input.run, ...ended });
  await condition(allHandlersFinished);
  return ended;
}

/** A stage that was under way when the run ended did not pass. */
const stopped = (s: StageView, ended: Ended): StageView =>
  (s.state === 'running' || s.state === 'waiting') && ended.outcome !== 'shipped'
    ? { ...s, state: 'failed', note: s.note ?? ended.outcome, endedAt: Date.now() }
    : s;
