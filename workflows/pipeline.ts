import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { runDetails } from '../src/domain/details.js';
import { initialRunView } from '../src/domain/initial-run-view.js';
import type { GateState } from '../src/domain/gate.js';
import type { Ended, PipelineInput } from '../src/domain/inputs.js';
import { failureTypeOf, type Outcome } from '../src/domain/outcome.js';
import type { RunView, StageView } from '../src/domain/view.js';
import { abortHandler } from './abort.js';
import { asking } from './asking.js';
import { createGates } from './gate.js';
import * as messages from './messages.js';
import { surely } from './parking.js';
import { admitRun, finishRun } from './profiles.js';
import { publisher } from './publish.js';
import { OUTCOME } from './search.js';
import { runStages, type Run } from './stages.js';
import { shielded } from './shielded.js';
import { reasonOf } from './undo.js';

/** One execution of a service's stages for one commit, through one environment. Ends shipped, or fails with `run.<outcome>`. */
export async function pipeline(input: PipelineInput): Promise<Ended> {
  const run = createRun(input);
  try {
    const { identity } = await admitRun(input);
    run.identify(identity);
    await runStages(run);
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
  return shielded(() => end(run, { outcome: 'shipped', reason: reasonOfSuccess(input) }));
}

const reasonOfSuccess = ({ plan }: PipelineInput): string =>
  plan.stages.some((s) => s.kind === 'deploy')
    ? `${plan.version} is live in ${plan.environment}`
    : 'every stage passed';

function createRun(input: PipelineInput): Run {
  const { service, environment, version } = input.plan;
  const subject = { service, environment, version };
  const root = CancellationScope.current();
  const publish = publisher(runDetails);
  let view = initialRunView(input);
  let hinted = false;
  const update = (change: Partial<RunView>): void => {
    view = { ...view, ...change };
    publish(view);
  };
  const onGate = (gate: GateState | undefined): void => {
    view = asking(view, gate);
    publish(view);
  };
  const gates = createGates(subject, onGate, (line) => {
    update({ stages: noted(view, line) });
  });
  const aborting = abortHandler(workflowInfo().workflowId, subject);
  setHandler(messages.outcome, () => void (hinted = true), { description: 'Hint from a target: ask again.' });
  setHandler(messages.view, () => view);
  return {
    input,
    gates,
    update,
    view: () => view,
    abortedBy: aborting.by,
    cancelled: () => root.consideredCancelled,
    hint: async (withinMs) => {
      const heard = await condition(() => hinted, withinMs, { summary: 'until the target is asked again' });
      hinted = false;
      return heard;
    },
    stage: (name, change) => {
      update({ stages: staged(view, name, change) });
    },
    identify: (identity) => void (view = { ...view, identity }),
    note: (name, change) => void (view = { ...view, stages: staged(view, name, change) }),
  };
}

const staged = (view: RunView, name: string, change: Partial<StageView>): readonly StageView[] =>
  view.stages.map((s) => (s.name === name ? { ...s, ...change } : s));

/** What became of a signal, said where people look for it. */
const noted = (view: RunView, line: string): readonly StageView[] =>
  view.stages.map((s) => (s.state === 'waiting' ? { ...s, note: line } : s));

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
  upsertSearchAttributes([{ key: OUTCOME, value: ended.outcome }]);
  const { service, environment, version } = plan;
  await surely(
    { gates: run.gates, subject: { service, environment, version } },
    'its end cannot be recorded',
    () => finishRun({ plan, planHash, run: run.input.run, ...ended }),
  );
  await condition(allHandlersFinished);
  return ended;
}

/** A stage that was under way when the run ended did not pass. */
const stopped = (s: StageView, ended: Ended): StageView =>
  (s.state === 'running' || s.state === 'waiting') && ended.outcome !== 'shipped'
    ? { ...s, state: 'failed', note: s.note || ended.outcome, endedAt: Date.now() }
    : s;
