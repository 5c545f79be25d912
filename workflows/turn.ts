import { condition, patched, sleep } from '@temporalio/workflow';
import { deploymentId, lostOf, pipelineId, recoveryRequest } from '../src/domain/ids.js';
import type { Cause, DeploymentInput, OpenDeployment } from '../src/domain/inputs.js';
import type { Outcome } from '../src/domain/outcome.js';
import { refusalAnswer, type RollbackRequest } from '../src/domain/target.js';
import { keep, type Board, type Running } from './board.js';
import { lookAfter } from './emergency.js';
import { runDeployment, tellOnce, tellPipeline } from './deployments.js';
import { control, waiting } from './profiles.js';
import { afterChange, hasChanged } from './queue.js';
import { outlasting } from './renewal.js';
import { reasonOf, typeOf } from './undo.js';

export const adopted = ({ id, requestId, kind, run }: OpenDeployment): Running => ({
  ...{ id, requestId, kind, started: true, rollbacks: [] },
  ...(run === undefined ? {} : { run }),
});

/** Waits for a deployment that somebody else started, or an earlier run of this target, and settles it; of a recovery, what it recovers. */
export async function adopt(board: Board, left: OpenDeployment, show: () => void): Promise<void> {
  if (board.running?.id !== left.id) board.running = adopted(left);
  show();
  if (hasChanged(board)) await afterChange(board);
  await outlasting(board, waiting.awaitDeployment({ deployment: left.id }));
  await ended(board, left.kind === 'recover' ? lostOf(left.requestId) : left.id);
  if (left.run !== undefined) await tellPipeline(pipelineId(board.state.service, left.run), left.requestId);
}

/** Admits and runs what is first: rollbacks before everything else. What else wants to go back waits for the end of the first. */
export async function next(board: Board, show: () => void): Promise<void> {
  // A rollback that was taken while the store was away is verified first: admission asks for that.
  // What serves may be recorded as live just then: it is not moved meanwhile.
  if (board.rollbacks.length > 0) await condition(() => board.later.done() && !board.adopting);
  const [back, ...others] = board.rollbacks.splice(0);
  if (back !== undefined) {
    await deploy(board, { kind: 'rollback', request: back }, others, show);
    lookAfter(board, back);
    return;
  }
  const request = board.queue.shift();
  if (request === undefined || board.settled.some((s) => s.requestId === request.requestId)) return;
  await deploy(board, { kind: 'deploy', request }, [], show);
  await tellPipeline(request.pipeline, request.requestId);
}

async function deploy(
  board: Board,
  cause: Exclude<Cause, { kind: 'recover' }>,
  rollbacks: RollbackRequest[],
  show: () => void,
): Promise<void> {
  const { service, environment, nextN } = board.state;
  const { requestId } = cause.request;
  const id = deploymentId({ service, environment }, nextN);
  const running: Running = { id, requestId, ...shown(cause), started: false, rollbacks };
  board.running = running;
  show();
  let admitted: DeploymentInput;
  try {
    admitted = await control.admitDeployment({ service, environment, n: nextN, requestId, cause });
  } catch (error) {
    delete board.running;
    keep(board, requestId, refusalAnswer(typeOf(error) ?? 'internal.bug', reasonOf(error)));
    board.rollbacks.push(...running.rollbacks);
    return;
  }
  running.id = admitted.id;
  await runDeployment(board, admitted, async () => {
    running.started = true;
    if (cause.kind === 'deploy') await tellPipeline(cause.request.pipeline, requestId);
    if (running.back !== undefined) await tellOnce(running, running.back);
    if (hasChanged(board)) await afterChange(board);
  });
  await ended(board, admitted.id);
}

const shown = (cause: Exclude<Cause, { kind: 'recover' }>): Pick<Running, 'kind' | 'run'> =>
  cause.kind === 'deploy' ? { kind: 'deploy', run: cause.request.run } : { kind: 'rollback' };

/** After a deployment's end: rollbacks that came too late to be a message to it, or named another version, come next. */
async function ended(board: Board, id: string): Promise<void> {
  const outcome = await settle(board, id);
  const { running } = board;
  delete board.running;
  for (const rollback of running?.rollbacks ?? []) {
    const tooLate = running?.kind === 'deploy' && (outcome === 'shipped' || stays(board, id));
    const elsewhere = rollback.to !== undefined && rollback.to !== board.state.live?.release.version;
    if (tooLate || elsewhere) {
      board.rollbacks.push(rollback);
      continue;
    }
    lookAfter(board, rollback);
    // What has failed is no answer to an emergency: declared again, it is tried anew.
    const failed = running?.kind === 'rollback' && outcome !== 'shipped';
    if (failed && rollback.emergency !== undefined && patched('emergency-anew')) continue;
    keep(board, rollback.requestId, {
      status: 'finished',
      deployment: id,
      outcome,
      reason: rollback.reason,
    });
  }
}

/** What its flag was found bad of serves on, dark. Runs of before told whoever asked meanwhile that it had gone back. */
const stays = ({ state: { live } }: Board, id: string): boolean =>
  live?.deployment === id && patched('dark-stays');

/** After a deployment's end, however it came: what the store says rules; without an outcome in it, the world is put right. */
async function settle(board: Board, id: string): Promise<Outcome> {
  const { service, environment } = board.state;
  for (let tried = 0; ; tried++) {
    const settled = await control.settleDeployment({ service, environment, deployment: id });
    board.state = settled.state;
    if (settled.outcome !== undefined) return settled.outcome;
    if (tried > 0)
      await sleep(Math.min(tried, 30) * 2_000, { summary: 'until the end of the deployment is read again' });
    const admitted = await control.admitDeployment({
      service,
      environment,
      n: board.state.nextN,
      requestId: recoveryRequest(id),
      cause: { kind: 'recover', lost: id },
    });
    await runDeployment(board, admitted, () => Promise.resolve());
  }
}
