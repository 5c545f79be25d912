import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { targetId } from '../src/domain/ids.js';
import type { GoBack } from '../src/domain/inputs.js';
import { malformed } from '../src/domain/statement.js';
import type { DeployRequest, RollbackRequest, TargetAnswer } from '../src/domain/target.js';
import { formless } from '../src/domain/wish.js';
import { isFor, present, viewOf, type Board } from './board.js';
import { tellOnce } from './deployments.js';
import { declared, lookAfter, overAlready } from './emergency.js';
import * as messages from './messages.js';
import { PATIENCE_MS, within } from './patience.js';
import { control } from './profiles.js';
import { shielded } from './shielded.js';
import { afterChange, enqueue, hasChanged, turnedAway } from './queue.js';
import { verified } from './verified.js';

/** What a target can be told. `loaded`: the store has been read, so that what runs is known. */
export function registerHandlers(board: Board, loaded: Promise<void>, show: () => void): void {
  const showing = (answer: () => Promise<TargetAnswer>): Promise<TargetAnswer> =>
    shielded(async () => {
      board.messages += 1;
      const given = await answer();
      if (hasChanged(board)) await afterChange(board);
      show();
      return given;
    });
  setHandler(messages.request, (request) => showing(() => answerTo(board, loaded, request)), {
    description: 'From a pipeline: deploy this when it is its turn.',
    validator: (request: DeployRequest) => {
      refuse(unreadable(request) ?? elsewhere(board, request));
    },
  });
  setHandler(messages.rollback, (request) => showing(() => rollback(board, loaded, request)), {
    description: 'Go back. Takes a statement with verb rollback on this workflow.',
    validator: (request: RollbackRequest) => {
      refuse(
        elsewhere(board, request) ??
          malformed(request.statement) ??
          rollbackRefusal(board, request) ??
          formless(request),
      );
    },
  });
  setHandler(
    messages.withdraw,
    ({ requestId, goBack }) => showing(() => withdraw(board, loaded, requestId, goBack)),
    { description: 'From a pipeline: a request is no longer wanted.' },
  );
  setHandler(messages.lookedAt, () => shielded(() => seeDrift(board, loaded, show)), {
    description: 'From housekeeping: the record says something else of the world.',
  });
  setHandler(messages.view, () => viewOf(board));
}

/** What the signal means is asked of the store; everything else of the record is known here already. */
async function seeDrift(board: Board, loaded: Promise<void>, show: () => void): Promise<void> {
  board.messages += 1;
  await loaded;
  const { service, environment } = board.state;
  const { state } = await control.loadTarget({ service, environment });
  const { drift: _, ...rest } = board.state;
  board.state = { ...rest, ...(state.drift === undefined ? {} : { drift: state.drift }) };
  show();
}

function refuse(why: string | undefined): void {
  if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'statement.refused');
}

/** What has no form of a request could not even be refused later, and would stop everything here. */
function unreadable(request: Partial<DeployRequest> | undefined): string | undefined {
  const { requestId, pipeline, run, release, plan } = request ?? {};
  const texts = [requestId, pipeline, run, release?.version, release?.digest, release?.commit];
  const artifacts: unknown = release?.artifacts;
  const objects: readonly unknown[] = [plan, plan?.configuration, plan?.queue ?? {}];
  return texts.every((text) => typeof text === 'string') &&
    objects.every((part) => typeof part === 'object' && part !== null) &&
    Array.isArray(artifacts) &&
    artifacts.every((part) => typeof part === 'object' && part !== null)
    ? undefined
    : 'this is no request to deploy';
}

const elsewhere = ({ state }: Board, r: DeployRequest | RollbackRequest): string | undefined =>
  r.service === state.service && r.environment === state.environment
    ? undefined
    : `this is ${targetId(state)}; the request is for ${targetId(r)}`;

/** A statement is about this target or about one of its deployments. */
function rollbackRefusal({ state }: Board, { statement }: RollbackRequest): string | undefined {
  if (statement.verb !== 'rollback')
    return `this takes a statement with verb rollback, not ${statement.verb}`;
  const here = targetId(state);
  return statement.on === here || statement.on.startsWith(`deployment${here.slice('target'.length)}/`)
    ? undefined
    : `the statement is about ${statement.on}, not about ${here}`;
}

/** The same answer for every repeat of a request, also after a restart: queue, running, settled here, or in the store. */
async function answerTo(board: Board, loaded: Promise<void>, request: DeployRequest): Promise<TargetAnswer> {
  await loaded;
  const known = present(board, request.requestId) ?? (await control.noteRequest(request));
  await condition(() => !board.withdrawing.includes(request.requestId));
  // Several repeats of a request may have waited for the store together: whoever comes first puts it in the queue.
  const meanwhile = present(board, request.requestId) ?? known;
  if (meanwhile !== undefined) return meanwhile;
  return enqueue(board, request);
}

async function knownOf(board: Board, requestId: string): Promise<TargetAnswer | undefined> {
  const known = present(board, requestId);
  if (known !== undefined) return known;
  const { service, environment } = board.state;
  const kept = await control.findRequest({ service, environment, requestId });
  return present(board, requestId) ?? kept ?? undefined;
}

/** The store is asked for as long as there is time; what is here is known anyway. */
async function knownBy(until: number, board: Board, requestId: string): Promise<TargetAnswer | undefined> {
  const left = until - Date.now();
  if (left === Infinity) return knownOf(board, requestId);
  return left > 0 ? within(left, knownOf(board, requestId)) : present(board, requestId);
}

/**
 * With a deployment in flight a rollback is a message to it, which does not wait for the store; otherwise it is a deployment of its own,
 * before everything that waits.
 */
async function rollback(
  board: Board,
  loaded: Promise<void>,
  request: RollbackRequest,
): Promise<TargetAnswer> {
  const { statement, service, environment, reason } = request;
  await loaded;
  const later = board.running === undefined ? undefined : board.later;
  const until = Date.now() + (later === undefined ? Infinity : PATIENCE_MS);
  const result = await verified({ statement, service, environment, version: 'rollback' }, later);
  if (result.status === 'refused')
    return { status: 'refused', type: 'statement.refused', message: result.message };
  const asked = declared(board, request);
  const { requestId } = asked;
  const known = await knownBy(until, board, requestId);
  if (known !== undefined) return again(board, asked, known);
  const over = overAlready(board, asked);
  if (over !== undefined) return over;
  const { running } = board;
  if (running !== undefined) {
    running.rollbacks.push(asked);
    const pace = request.emergency === undefined ? request.pace : 'immediate';
    const wish: GoBack = { why: 'rollback', by: statement.person, reason, ...(pace && { pace }) };
    if (running.kind === 'deploy' || (running.kind === 'rollback' && pace === 'immediate'))
      await sendBack(board, wish);
    return { status: 'running', deployment: running.id };
  }
  if (!board.rollbacks.some((r) => r.requestId === requestId)) board.rollbacks.push(asked);
  const taken = () => board.running?.started === true && isFor(board.running, requestId);
  const settled = () => board.settled.some((s) => s.requestId === requestId);
  await condition(() => taken() || settled());
  return (
    present(board, requestId) ?? {
      status: 'refused',
      type: 'request.unknown',
      message: 'the rollback was not taken',
    }
  );
}

/** A rollback that is repeated has its answer; when it has come to its end, an emergency has what serves looked at again. */
function again(board: Board, asked: RollbackRequest, known: TargetAnswer): TargetAnswer {
  if (known.status !== 'running') lookAfter(board, asked);
  return known;
}

/** The running deployment goes back, or hurries when that is what it does: at once, or as soon as it has started. Who is in a hurry is heard. */
async function sendBack({ running }: Board, goBack: GoBack): Promise<void> {
  if (running === undefined) return;
  if (running.back?.why !== 'abort' && goBack.pace === 'immediate') running.back = goBack;
  running.back ??= goBack;
  if (running.started) await tellOnce(running, goBack);
}

/** Out of the queue, or as an abort to what runs; one that has never arrived will be answered as taken back when it does. */
async function withdraw(
  board: Board,
  loaded: Promise<void>,
  requestId: string,
  goBack: GoBack,
): Promise<TargetAnswer> {
  await loaded;
  const reason = goBack.reason;
  const aborted = { status: 'finished', deployment: '', outcome: 'aborted', reason } as const;
  const here = present(board, requestId);
  // Out of the queue first: while the store is told, its turn must not come.
  board.queue = board.queue.filter((q) => q.requestId !== requestId);
  const known =
    here === undefined || here.status === 'queued' ? await turnedAway(board, requestId, aborted) : here;
  if (known.status === 'running' && board.running?.requestId === requestId) await sendBack(board, goBack);
  return known;
}
