import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { targetDetails } from '../src/domain/details.js';
import { deploymentId } from '../src/domain/ids.js';
import type { Cause, DeploymentInput, GoBack, TargetInput } from '../src/domain/inputs.js';
import type { DeployRequest, RollbackRequest, TargetAnswer, TargetState } from '../src/domain/target.js';
import type { TargetView } from '../src/domain/view.js';
import { runDeployment, tellDeployment, tellPipeline } from './deployments.js';
import * as messages from './messages.js';
import { control, waiting } from './profiles.js';
import { publisher } from './publish.js';
import { reasonOf } from './undo.js';

/** What the target is doing and has been asked; the store has what it must not lose. */
interface Board {
  state: TargetState;
  queue: DeployRequest[];
  rollbacks: RollbackRequest[];
  running?: { id: string; requestId: string; kind: Cause['kind']; version: string };
  /** Answers of requests that were settled without a deployment, newest last. */
  settled: { requestId: string; answer: TargetAnswer }[];
}
const SETTLED_LIMIT = 50;

/** One entity per target: the lock, the queue, and the memory of what serves. Lives on by continuing as new while nothing runs. */
export async function target(input: TargetInput): Promise<void> {
  const { service, environment } = input;
  const publish = publisher(targetDetails);
  const board: Board = {
    state: { schema: 1, service, environment, holdMarks: [], nextN: 1 },
    queue: [...(input.queue ?? [])],
    rollbacks: [],
    settled: [],
  };
  const loaded = load(board);
  const show = (): void => {
    publish(viewOf(board));
  };
  registerHandlers(board, loaded, show);
  await loaded;
  show();
  for (;;) {
    await condition(
      () => board.queue.length + board.rollbacks.length > 0 || workflowInfo().continueAsNewSuggested,
    );
    if (board.rollbacks.length === 0 && workflowInfo().continueAsNewSuggested) {
      await condition(() => allHandlersFinished() || board.rollbacks.length > 0);
      if (board.rollbacks.length === 0)
        await continueAsNew<typeof target>({ service, environment, queue: board.queue });
    }
    await next(board, show);
    show();
  }
}

/** Reads the store, and takes over what an earlier run of this entity left under way. */
async function load(board: Board): Promise<void> {
  const { service, environment } = board.state;
  const { state, open } = await control.loadTarget({ service, environment });
  board.state = state;
  for (const deployment of open) {
    board.running = {
      id: deployment.id,
      requestId: deployment.requestId,
      kind: deployment.kind,
      version: deployment.version,
    };
    await waiting.awaitDeployment({ deployment: deployment.id });
    await settle(board, deployment.id);
    delete board.running;
  }
}

function registerHandlers(board: Board, loaded: Promise<void>, show: () => void): void {
  setHandler(messages.request, async (request) => {
    const answer = await answerTo(board, request);
    show();
    return answer;
  });
  setHandler(messages.rollback, async (request) => {
    const verified = await control.verifyStatement({
      statement: request.statement,
      service: request.service,
      environment: request.environment,
      version: 'rollback',
    });
    if (verified.status === 'refused')
      return { status: 'refused', type: 'statement.refused', message: verified.message };
    return rollback(board, loaded, request);
  });
  setHandler(messages.withdraw, ({ requestId, goBack }) => withdraw(board, requestId, goBack));
  setHandler(messages.view, () => viewOf(board));
}

/** The same answer for every repeat of a request, also after a restart: queue, running, settled here, or in the store. */
async function answerTo(board: Board, request: DeployRequest): Promise<TargetAnswer> {
  const known = present(board, request.requestId);
  if (known !== undefined) return known;
  const kept = await control.findRequest({
    service: request.service,
    environment: request.environment,
    requestId: request.requestId,
  });
  const meanwhile = present(board, request.requestId);
  if (meanwhile !== undefined || kept !== undefined) return meanwhile ?? (kept as TargetAnswer);
  board.queue.push(request);
  return { status: 'queued', position: board.queue.length, holder: board.running?.id ?? 'nothing' };
}

function present(board: Board, requestId: string): TargetAnswer | undefined {
  const settled = board.settled.find((s) => s.requestId === requestId);
  if (settled !== undefined) return settled.answer;
  if (board.running?.requestId === requestId) return { status: 'running', deployment: board.running.id };
  const index = board.queue.findIndex((q) => q.requestId === requestId);
  if (index < 0) return undefined;
  return { status: 'queued', position: index + 1, holder: board.running?.id ?? 'nothing' };
}

/** With a deployment in flight a rollback is a message to it; otherwise it is a deployment of its own, before everything that waits. */
async function rollback(
  board: Board,
  loaded: Promise<void>,
  request: RollbackRequest,
): Promise<TargetAnswer> {
  const running = board.running;
  if (running !== undefined) {
    if (running.kind !== 'deploy') return { status: 'running', deployment: running.id };
    await tellDeployment(running.id, {
      why: 'rollback',
      by: request.statement.person,
      reason: request.reason,
    });
    return { status: 'running', deployment: running.id };
  }
  await loaded;
  board.rollbacks.push(request);
  await condition(
    () =>
      present(board, request.requestId)?.status === 'running' ||
      board.settled.some((s) => s.requestId === request.requestId),
  );
  return (
    present(board, request.requestId) ?? {
      status: 'refused',
      type: 'request.unknown',
      message: 'the rollback was not taken',
    }
  );
}

async function withdraw(board: Board, requestId: string, goBack: GoBack): Promise<TargetAnswer> {
  const queued = board.queue.find((q) => q.requestId === requestId);
  if (queued !== undefined) {
    board.queue = board.queue.filter((q) => q.requestId !== requestId);
    return keep(board, requestId, {
      status: 'finished',
      deployment: '',
      outcome: 'aborted',
      reason: goBack.reason,
    });
  }
  if (board.running?.requestId === requestId) await tellDeployment(board.running.id, goBack);
  return (
    present(board, requestId) ?? {
      status: 'refused',
      type: 'request.unknown',
      message: `${requestId} is not here`,
    }
  );
}

function keep(board: Board, requestId: string, answer: TargetAnswer): TargetAnswer {
  board.settled = [...board.settled, { requestId, answer }].slice(-SETTLED_LIMIT);
  return answer;
}

/** Admits and runs what is first: rollbacks before everything else. */
async function next(board: Board, show: () => void): Promise<void> {
  const back = board.rollbacks.shift();
  const request = back ?? board.queue.shift();
  if (request === undefined) return;
  const cause: Cause =
    back === undefined
      ? { kind: 'deploy', request: request as DeployRequest }
      : { kind: 'rollback', request: back };
  await deploy(board, cause, request.requestId, show);
  if (cause.kind === 'deploy') await tellPipeline(cause.request.pipeline, request.requestId);
}

async function deploy(board: Board, cause: Cause, requestId: string, show: () => void): Promise<void> {
  const { service, environment, nextN } = board.state;
  const id = deploymentId({ service, environment }, nextN);
  const version = cause.kind === 'deploy' ? cause.request.release.version : cause.kind;
  board.running = { id, requestId, kind: cause.kind, version };
  show();
  let admitted: DeploymentInput;
  try {
    admitted = await control.admitDeployment({ service, environment, n: nextN, requestId, cause });
  } catch (error) {
    delete board.running;
    keep(board, requestId, { status: 'refused', ...refusalOf(error) });
    return;
  }
  await runDeployment(admitted);
  await settle(board, id);
  delete board.running;
}

/** After a deployment's end, however it came: what the store says rules; without an outcome in it, the world is put right. */
async function settle(board: Board, id: string): Promise<void> {
  const { service, environment } = board.state;
  const settled = await control.settleDeployment({ service, environment, deployment: id });
  board.state = settled.state;
  if (settled.outcome !== undefined) return;
  const n = board.state.nextN;
  const requestId = `recover/${id}`;
  const admitted = await control.admitDeployment({
    service,
    environment,
    n,
    requestId,
    cause: { kind: 'recover', lost: id },
  });
  await runDeployment(admitted);
  board.state = (await control.settleDeployment({ service, environment, deployment: admitted.id })).state;
}

const refusalOf = (error: unknown): { type: string; message: string } => {
  let e: unknown = error;
  while (e instanceof Error && e.cause instanceof Error) e = e.cause;
  const type = (e as { type?: string }).type;
  return { type: type ?? 'internal.bug', message: reasonOf(error) };
};

const viewOf = (board: Board): TargetView => ({
  service: board.state.service,
  environment: board.state.environment,
  ...(board.state.live === undefined ? {} : { live: board.state.live.release.version }),
  ...(board.state.knownGood === undefined ? {} : { knownGood: board.state.knownGood.release.version }),
  ...(board.running === undefined ? {} : { running: board.running.id }),
  queue: board.queue.map((q) => ({ requestId: q.requestId, version: q.release.version, by: q.requestedBy })),
  holdMarks: board.state.holdMarks.map((m) => `${m.version} (${m.reason})`),
});
