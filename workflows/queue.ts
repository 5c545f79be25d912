import { outrun, queueRules } from '../src/domain/queue.js';
import { refusalAnswer, type DeployRequest, type TargetAnswer } from '../src/domain/target.js';
import { keep, present, queued, type Board } from './board.js';
import { tellBake, tellPipeline } from './deployments.js';
import { control } from './profiles.js';

/** Lets a request wait by its own rules: behind the others, in their place, or not at all. */
export async function enqueue(board: Board, request: DeployRequest): Promise<TargetAnswer> {
  const holder = board.running?.id ?? board.queue[0]?.run ?? board.rollbacks[0]?.requestId;
  if (queueRules(request.plan).policy === 'reject' && holder !== undefined)
    return turnedAway(
      board,
      request.requestId,
      refusalAnswer('target.busy', `${holder} comes first, and this one does not wait (queue: reject)`),
      request.release.version,
    );
  board.queue.push(request);
  if (hasChanged(board)) await afterChange(board);
  return present(board, request.requestId) ?? queued(board, board.queue.length);
}

/** What a change of the queue or of what runs asks for: others are told, or nobody is, and then nothing is waited for. */
export async function afterChange(board: Board): Promise<void> {
  if (outrun(board.queue).length > 0) await makeWay(board);
  if (awaitsBake(board)) await endBake(board);
}

/** Whether `afterChange` has something to do. */
export const hasChanged = (board: Board): boolean => outrun(board.queue).length > 0 || awaitsBake(board);

/** Settles those whose place another takes, and tells their runs. */
async function makeWay(board: Board): Promise<void> {
  const left = outrun(board.queue);
  board.queue = board.queue.filter((q) => !left.includes(q));
  const [next] = board.queue;
  for (const { requestId, pipeline, release } of left) {
    const reason = `${next?.release.version ?? 'another'} of run ${next?.run ?? ''} takes its place`;
    const answer = { status: 'finished', deployment: '', outcome: 'superseded', reason } as const;
    await turnedAway(board, requestId, answer, release.version);
    await tellPipeline(pipeline, requestId);
  }
}

/** Whether whoever comes next asks for the end of a bake that does not know of it. */
const awaitsBake = ({ running, queue: [next] }: Board): boolean =>
  next !== undefined &&
  queueRules(next.plan).duringBake === 'supersede' &&
  running?.kind === 'deploy' &&
  running.started &&
  running.hurried !== true;

/** A bake that has lasted long enough ends for whoever comes next. The deployment is told once: it heeds a hint as it can. */
async function endBake({ running, queue: [next] }: Board): Promise<void> {
  if (running === undefined || next === undefined) return;
  running.hurried = true;
  running.hurried = await tellBake(running.id, { next: `${next.release.version} of run ${next.run}` });
}

/**
 * Gives a request its answer, for good, unless the store knows that it runs. Until the answer is known here, a repeat of the request that
 * waits for the store must not put it in the queue. `version`: that the queue's rules say so is recorded, of this version.
 */
export async function turnedAway(
  board: Board,
  requestId: string,
  answer: TargetAnswer,
  version?: string,
): Promise<TargetAnswer> {
  const { service, environment } = board.state;
  board.withdrawing.push(requestId);
  try {
    const known = await control.settleRequest({
      ...{ service, environment, requestId, answer },
      ...(version === undefined ? {} : { version }),
    });
    return known.status === 'running' ? known : keep(board, requestId, known);
  } finally {
    board.withdrawing.splice(board.withdrawing.indexOf(requestId), 1);
  }
}
