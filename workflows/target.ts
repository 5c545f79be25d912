import { CancellationScope, ContinueAsNew, condition } from '@temporalio/workflow';
import { targetDetails } from '../src/domain/details.js';
import type { GateState } from '../src/domain/gate.js';
import type { OpenDeployment, TargetInput } from '../src/domain/inputs.js';
import { supersedes } from '../src/domain/queue.js';
import { newTarget } from '../src/domain/target.js';
import type { WaitingFor } from '../src/domain/view.js';
import { takeAdoption } from './adoption.js';
import { asking } from './asking.js';
import { viewOf, type Board } from './board.js';
import { begun } from './by-hand.js';
import { createGates } from './gate.js';
import { parked } from './parking.js';
import { control } from './profiles.js';
import { createLater } from './later.js';
import { publisher } from './publish.js';
import { judgeAll } from './queue.js';
import { quiet, renew, worn } from './renewal.js';
import { shielded } from './shielded.js';
import { registerHandlers } from './target-messages.js';
import { adopt, adopted, next } from './turn.js';

/**
 * One entity per target: the lock, the queue, and the memory of what serves. Lives on by continuing as new, also while a deployment
 * runs. It is not cancelled: that would end the lock, and the deployment with it.
 */
export async function target(input: TargetInput): Promise<void> {
  const publish = publisher(targetDetails);
  const board = begun(() => boardOf(input));
  const show = (): void => {
    publish(viewOf(board));
  };
  const { service, environment } = board.state;
  const subject = { service, environment, version: 'target' };
  const changed = (gate: GateState | undefined): void => {
    board.waitingFor = asking<{ waitingFor?: WaitingFor }>({}, gate).waitingFor;
    show();
  };
  const note = (line: string): void => {
    board.note = line;
    show();
  };
  const gates = createGates({ subject: () => subject, changed, note, later: board.later });
  CancellationScope.current().cancelRequested.catch(() => {
    note('a target is not cancelled; abort the run whose deployment is to stop');
  });
  await shielded(async () => {
    try {
      await live(board, input, show);
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      await parked({ gates, subject }, 'the target cannot go on', error);
      // Whoever still waits for an answer asks again, and the next run knows from the store what there is.
      await condition(() => quiet(board), HANDLERS_MS, { summary: 'until everybody has been answered' });
      await renew(board);
    }
  });
}
const HANDLERS_MS = 60_000;

function boardOf(input: TargetInput): Board {
  const state = newTarget(input);
  if ([state.service, state.environment].some((name: unknown) => typeof name !== 'string'))
    throw new TypeError('it names no service or no environment');
  return {
    state,
    queue: [],
    rollbacks: [...(input.rollbacks ?? [])],
    settled: [...(input.settled ?? [])],
    fit: [],
    withdrawing: [],
    adopting: false,
    messages: 0,
    later: createLater(),
    incidents: createLater(),
  };
}

async function live(board: Board, input: TargetInput, show: () => void): Promise<void> {
  const loading = load(board, input);
  const loaded = loading.then(() => undefined);
  registerHandlers(board, loaded, show);
  takeAdoption(board, loaded, show);
  const open = await loading;
  // Not waited for when there is nothing to wait for: what earlier versions have recorded is to replay.
  if (board.queue.some(supersedes)) await judgeAll(board);
  for (const left of open) await adopt(board, left, show);
  show();
  for (;;) {
    await condition(() => !board.adopting && (isAsked(board) || worn(board)));
    if (board.rollbacks.length === 0 && worn(board)) {
      await condition(() => quiet(board) || board.rollbacks.length > 0);
      if (board.rollbacks.length === 0) await renew(board);
    }
    await next(board, show);
    show();
  }
}

const isAsked = ({ queue, rollbacks }: Board): boolean => queue.length + rollbacks.length > 0;

/**
 * Reads the store. What an earlier run of this entity left under way is known, and tellable, from here on; newest first. What that run
 * handed over has perhaps ended meanwhile: then it is still to be settled.
 */
async function load(board: Board, input: TargetInput): Promise<readonly OpenDeployment[]> {
  const { service, environment, running } = input;
  const { state, open, queue } = await control.loadTarget({ service, environment });
  board.state = state;
  board.queue = [...queue];
  const newestFirst: OpenDeployment[] = [...open].reverse();
  if (newestFirst.length === 0 && running !== undefined) newestFirst.push(running);
  const [first] = newestFirst;
  if (first !== undefined)
    board.running = {
      ...adopted(first),
      ...(running?.back === undefined ? {} : { back: running.back }),
      rollbacks: [...(running?.rollbacks ?? [])],
    };
  return newestFirst;
}
