import { allHandlersFinished, condition, continueAsNew, sleep, workflowInfo } from '@temporalio/workflow';
import { targetDetails } from '../src/domain/details.js';
import { deploymentId, pipelineId } from '../src/domain/ids.js';
import type { Cause, DeploymentInput, OpenDeployment, TargetInput } from '../src/domain/inputs.js';
import type { Outcome } from '../src/domain/outcome.js';
import type { DeployRequest } from '../src/domain/target.js';
import { keep, viewOf, type Board, type Running } from './board.js';
import { runDeployment, tellDeployment, tellPipeline } from './deployments.js';
import { createLater } from './later.js';
import { control, waiting } from './profiles.js';
import { publisher } from './publish.js';
import { registerHandlers } from './target-messages.js';
import { reasonOf, typeOf } from './undo.js';

/** One entity per target: the lock, the queue, and the memory of what serves. Lives on by continuing as new while nothing runs. */
export async function target(input: TargetInput): Promise<void> {
  const { service, environment } = input;
  const publish = publisher(targetDetails);
  const board: Board = {
    state: { schema: 1, service, environment, holdMarks: [], nextN: 1 },
    queue: [...(input.queue ?? [])],
    rollbacks: [],
    settled: [...(input.settled ?? [])],
    later: createLater(),
  };
  const loading = load(board);
  const show = (): void => {
    publish(viewOf(board));
  };
  registerHandlers(
    board,
    loading.then(() => undefined),
    show,
  );
  for (const left of await loading) await adopt(board, left, show);
  show();
  for (;;) {
    await condition(
      () => board.queue.length + board.rollbacks.length > 0 || workflowInfo().continueAsNewSuggested,
    );
    if (board.rollbacks.length === 0 && workflowInfo().continueAsNewSuggested) {
      const quiet = () => allHandlersFinished() && board.later.done();
      await condition(() => quiet() || board.rollbacks.length > 0);
      if (board.rollbacks.length === 0)
        await continueAsNew<typeof target>({
          service,
          environment,
          queue: board.queue,
          settled: board.settled,
        });
    }
    await next(board, show);
    show();
  }
}

/** Reads the store. What an earlier run of this entity left under way is known, and tellable, from here on; newest first. */
async function load(board: Board): Promise<readonly OpenDeployment[]> {
  const { service, environment } = board.state;
  const { state, open } = await control.loadTarget({ service, environment });
  board.state = state;
  const newestFirst = [...open].reverse();
  if (newestFirst[0] !== undefined) board.running = adopted(newestFirst[0]);
  return newestFirst;
}

const adopted = ({ id, requestId, kind }: OpenDeployment): Running => ({
  id,
  requestId,
  kind,
  started: true,
});

/** Waits for a deployment that somebody else started, and settles it; of a recovery, what it recovers. */
async function adopt(board: Board, left: OpenDeployment, show: () => void): Promise<void> {
  if (board.running?.id !== left.id) board.running = adopted(left);
  show();
  await waiting.awaitDeployment({ deployment: left.id });
  await ended(board, left.kind === 'recover' ? left.requestId.slice(RECOVER.length) : left.id);
  if (left.run !== undefined) await tellPipeline(pipelineId(board.state.service, left.run), left.requestId);
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
  const running: Running = { id, requestId, kind: cause.kind, started: false };
  board.running = running;
  show();
  let admitted: DeploymentInput;
  try {
    admitted = await control.admitDeployment({ service, environment, n: nextN, requestId, cause });
  } catch (error) {
    delete board.running;
    keep(board, requestId, {
      status: 'refused',
      type: typeOf(error) ?? 'internal.bug',
      message: reasonOf(error),
    });
    if (running.rollback !== undefined) board.rollbacks.push(running.rollback);
    return;
  }
  await runDeployment(admitted, async () => {
    running.started = true;
    if (cause.kind === 'deploy') await tellPipeline(cause.request.pipeline, requestId);
    if (running.back !== undefined) await tellDeployment(id, running.back);
  });
  await ended(board, id);
}

/** After a deployment's end: a rollback that came too late to be a message to it, or named another version, comes next. */
async function ended(board: Board, id: string): Promise<void> {
  const outcome = await settle(board, id);
  const rollback = board.running?.rollback;
  delete board.running;
  if (rollback === undefined) return;
  const elsewhere = rollback.to !== undefined && rollback.to !== board.state.live?.release.version;
  if (outcome === 'shipped' || elsewhere) board.rollbacks.push(rollback);
  else
    keep(board, rollback.requestId, {
      status: 'finished',
      deployment: id,
      outcome,
      reason: rollback.reason,
    });
}

const RECOVER = 'recover/';

/** After a deployment's end, however it came: what the store says rules; without an outcome in it, the world is put right. */
async function settle(board: Board, id: string): Promise<Outcome> {
  const { service, environment } = board.state;
  for (let tried = 0; ; tried++) {
    const settled = await control.settleDeployment({ service, environment, deployment: id });
    board.state = settled.state;
    if (settled.outcome !== undefined) return settled.outcome;
    if (tried > 0) await sleep(Math.min(tried, 30) * 2_000);
    const admitted = await control.admitDeployment({
      service,
      environment,
      n: board.state.nextN,
      requestId: `${RECOVER}${id}`,
      cause: { kind: 'recover', lost: id },
    });
    await runDeployment(admitted, () => Promise.resolve());
  }
}
