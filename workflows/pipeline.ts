import {
  ApplicationFailure,
  CancelledFailure,
  allHandlersFinished,
  condition,
  isCancellation,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { PipelineInput } from '../src/domain/inputs.js';
import { liveIn } from '../src/domain/environments.js';
import { type Ended, failureTypeOf, outcomeOfType } from '../src/domain/outcome.js';
import { isWork, kindsIn } from '../src/domain/plan.js';
import type { RunEnd } from '../src/domain/store.js';
import type { RunView, StageView } from '../src/domain/view.js';
import { begun } from './by-hand.js';
import { surely } from './parking.js';
import { admitRun, finishRun } from './profiles.js';
import { partOf } from './made.js';
import { createRun, isLive } from './run.js';
import { OUTCOME } from './search.js';
import { askForKinds } from './stage-commands.js';
import { runStages, type Run } from './stages.js';
import { shielded } from './shielded.js';
import { detailsOf, failedBy, reasonOf } from './undo.js';

/**
 * One execution of a service's stages for one commit, through one environment or several. Ends shipped or superseded, or fails with
 * `run.<outcome>`. Once its version is live wherever it leads it has shipped, whatever becomes of the stages after that: its reason names
 * the one that did not pass.
 */
export async function pipeline(input: PipelineInput): Promise<Ended> {
  const run = begun(() => createRun(input));
  try {
    const { identity, ...before } = await admitRun(input);
    run.identify(identity);
    const own = kindsIn(input.plan);
    if (own.length > 0) await askForKinds(own);
    await runStages(run, before);
  } catch (error) {
    const ended = await shielded(() => end(run, endingOf(error, run)));
    if (ended.outcome === 'shipped' || ended.outcome === 'superseded') return ended;
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
  return shielded(() => end(run, { outcome: 'shipped', reason: reasonOfSuccess(run.view()) }));
}

const reasonOfSuccess = (view: RunView): string => (isLive(view) ? live(view) : 'every stage passed');

const live = (view: RunView): string => `${view.version} is live in ${liveIn(view).join(' and ')}`;

const cancelledDuring = (error: unknown): CancelledFailure =>
  new CancelledFailure('the run was cancelled', [], error instanceof Error ? error : undefined);

/** What a failure of the pipeline's own code or of a step means for the run. A step that failed because it was stopped was aborted. */
function endingOf(error: unknown, run: Run): Ended {
  const ended = withoutLive(error, run);
  const view = run.view();
  if (liveIn(view).length === 0) return ended;
  if (!isLive(view))
    return {
      ...ended,
      reason: `${ended.reason}; ${view.version} was shipped to ${liveIn(view).join(' and ')}`,
    };
  const stage = view.stages.find((s) => underWay(s) || s.state === 'failed')?.name ?? 'what came after';
  return { outcome: 'shipped', reason: `${live(view)}; ${stage} did not pass: ${ended.reason}` };
}

function withoutLive(error: unknown, run: Run): Ended {
  const outcome = error instanceof ApplicationFailure ? outcomeOfType(error.type) : undefined;
  if (isCancellation(error) || (outcome === undefined && run.cancelled())) {
    const by = run.abortedBy();
    return {
      outcome: 'aborted',
      reason: by === undefined ? 'cancelled in Temporal' : `aborted by ${by.person}: ${by.reason ?? ''}`,
    };
  }
  const reason = reasonOf(error);
  if (outcome === undefined) return { outcome: 'failed', reason, ...failedBy(error) };
  const { failure } = (detailsOf(error) ?? {}) as Partial<Ended>;
  return { outcome, reason, ...(failure === undefined ? {} : { failure }) };
}

async function end(run: Run, ended: Ended): Promise<Ended> {
  const { plan, planHash } = run.input;
  run.update({ ...ended, stages: run.view().stages.map((s) => stopped(s, ended)) });
  upsertSearchAttributes([{ key: OUTCOME, value: ended.outcome }]);
  const { service, environment, version } = run.view();
  await surely(
    { gates: run.gates, subject: { service, environment, version } },
    'its end cannot be recorded',
    () => finishRun({ plan, environment, planHash, run: run.input.run, ...ended, ...standing(run, ended) }),
  );
  await condition(() => run.recorded() && allHandlersFinished());
  return ended;
}

/** What a retry need not do again, and what the stages have found that did not pass. One that has shipped is not tried again. */
function standing({ view, made }: Run, { outcome }: Ended): Partial<Omit<RunEnd, 'outcome'>> {
  if (outcome === 'shipped') return {};
  const passed = view().stages.filter((stage) => stage.state === 'passed' && isWork(stage));
  const evidence = made.evidence.filter((e) => !passed.some(({ name }) => name === e.stage));
  return {
    ...(passed.length === 0 ? {} : { passed: passed.map(({ name }) => partOf(made, name)) }),
    ...(evidence.length === 0 ? {} : { evidence }),
  };
}

/** A stage that was under way when the run ended did not pass. */
const stopped = (s: StageView, ended: Ended): StageView =>
  underWay(s) ? { ...s, state: 'failed', note: s.note || noteOf(ended), endedAt: Date.now() } : s;

const noteOf = ({ outcome }: Ended): string => (outcome === 'shipped' ? 'did not pass' : outcome);

const underWay = ({ state }: StageView): boolean => state === 'running' || state === 'waiting';
