import type { GoBack, OpenDeployment, Settled } from '../src/domain/inputs.js';
import type { DeployRequest, RollbackRequest, TargetAnswer, TargetState } from '../src/domain/target.js';
import type { TargetView, WaitingFor } from '../src/domain/view.js';
import type { Later } from './later.js';

/** A deployment under way, and what people want of it meanwhile. */
export interface Running extends OpenDeployment {
  /** Expected until it is admitted. */
  id: string;
  /** Its workflow has been started: it can be told something. */
  started: boolean;
  /** What it is to be told, kept until it has started. */
  back?: GoBack;
  /** Which wish it has heard last from this run of the target: a repeat tells it nothing new. */
  told?: string | undefined;
  /** Whose wish for the end of its bake it has heard of last; absent: of none. */
  heard?: string | undefined;
  /** Rollbacks that became a message to it, or wait for its end; what it does not fulfil becomes a deployment of its own. */
  rollbacks: RollbackRequest[];
}

/** What the target is doing and has been asked; the store has what it must not lose. */
export interface Board {
  state: TargetState;
  queue: DeployRequest[];
  rollbacks: RollbackRequest[];
  running?: Running;
  /** Answers of requests that were settled without a deployment of their own, newest last. */
  settled: Settled[];
  /** Requests that were found fit to take the place of others. */
  fit: string[];
  /** Requests that are being taken back: the store is told, and until it has answered they must not be put in the queue. */
  withdrawing: string[];
  /** What serves is being recorded as live: nothing is deployed meanwhile. */
  adopting: boolean;
  /** Messages that this run has taken: the server takes only so many. */
  messages: number;
  /** What whoever looks at it must know. */
  note?: string;
  readonly later: Later;
  /** What is looked at and recorded of emergencies: nothing that goes back waits for that. */
  readonly incidents: Later;
  /** It cannot go on, and asks. */
  waitingFor?: WaitingFor | undefined;
}
const SETTLED_LIMIT = 50;

/** What is known here of a request; the store may know more. */
export function present(board: Board, requestId: string): TargetAnswer | undefined {
  const settled = board.settled.find((s) => s.requestId === requestId);
  if (settled !== undefined) return settled.answer;
  const { running } = board;
  if (running !== undefined && isFor(running, requestId))
    return { status: 'running', deployment: running.id };
  const index = board.queue.findIndex((q) => q.requestId === requestId);
  return index < 0 ? undefined : queued(board, index + 1);
}

export const isFor = (running: Running, requestId: string): boolean =>
  running.requestId === requestId || running.rollbacks.some((r) => r.requestId === requestId);

export const queued = (board: Board, position: number): TargetAnswer => ({
  status: 'queued',
  position,
  holder: board.running?.id ?? 'nothing',
});

export function keep(board: Board, requestId: string, answer: TargetAnswer): TargetAnswer {
  board.settled = [...board.settled.filter((s) => s.requestId !== requestId), { requestId, answer }].slice(
    -SETTLED_LIMIT,
  );
  return answer;
}

export const viewOf = (board: Board): TargetView => ({
  service: board.state.service,
  environment: board.state.environment,
  ...(board.state.live === undefined ? {} : { live: board.state.live.release.version }),
  ...(board.state.knownGood === undefined ? {} : { knownGood: board.state.knownGood.release.version }),
  ...(board.running === undefined ? {} : { running: board.running.id }),
  queue: board.queue.map((q) => ({ requestId: q.requestId, version: q.release.version, by: q.requestedBy })),
  holdMarks: board.state.holdMarks.map(
    (m) => `${m.version} (${m.reason})${m.configuration === undefined ? '' : ', as it was configured'}`,
  ),
  ...(board.state.drift === undefined ? {} : { drift: board.state.drift.found }),
  ...(board.waitingFor === undefined ? {} : { waitingFor: board.waitingFor }),
  ...(board.note === undefined ? {} : { note: board.note }),
});
