import { condition } from '@temporalio/workflow';
import { outrun, queueRules, supersedes } from '../src/domain/queue.js';
import { refusalAnswer, type DeployRequest, type TargetAnswer } from '../src/domain/target.js';
import { keep, present, queued, type Board } from './board.js';
import { tellPipeline, tellQueue } from './deployments.js';
import { control } from './profiles.js';

/** Lets a request wait by its own rules: behind the others, in their place, or not at all. */
export async function enqueue(board: Board, request: DeployRequest): Promise<TargetAnswer> {
  const { requestId, release } = request;
  const { policy } = queueRules(request.plan);
  const holder = board.running?.id ?? board.queue[0]?.run ?? board.rollbacks[0]?.requestId;
  if (policy === 'reject' && holder !== undefined) {
    const why = `${holder} comes first, and this one does not wait (queue: reject)`;
    return turnedAway(board, requestId, refusalAnswer('target.busy', why), release.version);
  }
  // Its place is that of its asking, however long it is looked at.
  board.queue.push(request);
  if (supersedes(request) && board.queue[0] !== request) await judge(board, request);
  if (hasChanged(board)) await afterChange(board);
  return present(board, requestId) ?? queued(board, board.queue.length);
}

/** Those who were waiting when this run of the target began. */
export async function judgeAll(board: Board): Promise<void> {
  for (const request of board.queue.slice(1).filter(supersedes)) await judge(board, request);
  if (hasChanged(board)) await afterChange(board);
}

/** Nobody makes way for what would be refused when its turn comes. */
async function judge(board: Board, request: DeployRequest): Promise<void> {
  const { requestId, release } = request;
  const refused = await control.judgeRequest(request);
  await condition(() => !board.withdrawing.includes(requestId));
  // Its turn may have come meanwhile, or it was taken back.
  if (!board.queue.includes(request)) return;
  if (refused === null) {
    board.fit.push(requestId);
    return;
  }
  board.queue = board.queue.filter((q) => q !== request);
  await turnedAway(board, requestId, refused, release.version);
}

const toLeave = ({ queue, fit }: Board): readonly DeployRequest[] =>
  outrun(queue, ({ requestId }) => fit.includes(requestId));

/** Whether `afterChange` has something to do. Not waited for when not: what earlier versions have recorded is to replay. */
export const hasChanged = (board: Board): boolean => toLeave(board).length > 0 || unheard(board);

/** What a change of the queue, or of what runs, asks for: those whose place another takes are settled, and what bakes is told who waits. */
export async function afterChange(board: Board): Promise<void> {
  if (toLeave(board).length > 0) await makeWay(board);
  const { running } = board;
  if (running === undefined || !unheard(board)) return;
  running.heard = wisher(board);
  if (!(await tellQueue(running.id))) running.heard = undefined;
}

/** Settles those whose place another takes, and tells their runs. Until the store knows, no repeat may put them back. */
async function makeWay(board: Board): Promise<void> {
  const left = toLeave(board);
  board.queue = board.queue.filter((q) => !left.includes(q));
  const [next] = board.queue;
  board.withdrawing.push(...left.map((q) => q.requestId));
  for (const { requestId, pipeline, release } of left) {
    const reason = `${next?.release.version ?? 'another'} of run ${next?.run ?? ''} takes its place`;
    const answer = { status: 'finished', deployment: '', outcome: 'superseded', reason } as const;
    await turnedAway(board, requestId, answer, release.version);
    settledNow(board, requestId);
    await tellPipeline(pipeline, requestId);
  }
}

/** Who comes next and asks for the end of a bake. */
const wisher = ({ queue: [next] }: Board): string | undefined =>
  next !== undefined && queueRules(next.plan).duringBake === 'supersede' ? next.requestId : undefined;

/** Whether what bakes has heard of somebody else, or of nobody. While somebody leaves, the store that it asks still has him. */
const unheard = (board: Board): boolean =>
  board.withdrawing.length === 0 &&
  board.running?.kind === 'deploy' &&
  board.running.started &&
  board.running.heard !== wisher(board);

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
    settledNow(board, requestId);
  }
}

const settledNow = ({ withdrawing }: Board, requestId: string): void =>
  void withdrawing.splice(withdrawing.indexOf(requestId), 1);
