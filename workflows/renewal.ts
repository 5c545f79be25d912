import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { TargetInput } from '../src/domain/inputs.js';
import type { Board } from './board.js';

/** The server takes 2,000 updates in one run, and says so late. */
const MOST_MESSAGES = 1_000;

/** Whether this run of a target has become long, and its next one should go on. */
export const worn = (board: Board): boolean =>
  workflowInfo().continueAsNewSuggested || board.messages >= MOST_MESSAGES;

/** Nothing is being answered or recorded: it would be lost with this run. */
export const quiet = ({ later, incidents }: Board): boolean =>
  allHandlersFinished() && later.done() && incidents.done();

/** Goes on as a new run, with all that the store does not know. Not while a message is being answered: its answer would be lost. */
export function renew({ state, settled, running, rollbacks }: Board): Promise<never> {
  const { service, environment } = state;
  return continueAsNew<(input: TargetInput) => Promise<void>>({
    ...{ service, environment, settled, rollbacks },
    ...(running === undefined ? {} : { running }),
  });
}

/** Waits for the end of a deployment, in the next run of the target if this one becomes too long meanwhile. */
export async function outlasting(board: Board, end: Promise<unknown>): Promise<void> {
  let over = false;
  const ending = end.finally(() => (over = true));
  await Promise.race([ending, condition(() => over || (worn(board) && quiet(board)))]);
  if (!over) await renew(board);
}
