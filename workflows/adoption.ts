import { ApplicationFailure, TemporalFailure, setHandler } from '@temporalio/workflow';
import { targetId } from '../src/domain/ids.js';
import type { Accepted } from '../src/domain/messages.js';
import { malformed, misdirected, type Statement } from '../src/domain/statement.js';
import type { AdoptRequest } from '../src/domain/target.js';
import type { Board } from './board.js';
import * as messages from './messages.js';
import { control, observing } from './profiles.js';
import { shielded } from './shielded.js';
import { reasonOf } from './undo.js';
import { verified } from './verified.js';

/** Takes a person's wish that what serves be recorded as live. Nothing is deployed meanwhile. */
export function takeAdoption(board: Board, loaded: Promise<void>, show: () => void): void {
  setHandler(messages.adopt, (request) => shielded(() => adopt(board, loaded, show, request)), {
    description: 'Record what serves as live. Takes a statement with verb adopt on this workflow.',
    validator: (request: AdoptRequest | undefined) => {
      const statement = (request?.statement ?? {}) as Statement;
      const why = malformed(statement) ?? misdirected(statement, 'adopt', targetId(board.state));
      if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'statement.refused');
    },
  });
}

async function adopt(
  board: Board,
  loaded: Promise<void>,
  show: () => void,
  { statement }: AdoptRequest,
): Promise<Accepted> {
  board.messages += 1;
  await loaded;
  const { service, environment } = board.state;
  const result = await verified({ statement, service, environment, version: 'adopt' });
  if (result.status === 'refused') return result;
  const { running } = board;
  if (running !== undefined || board.adopting)
    return { status: 'refused', message: `${running?.id ?? 'another who adopts'} is at work here` };
  board.adopting = true;
  try {
    const host = await control.hostOf({ service, environment });
    const observed = await observing(host).observeTarget({ service, environment });
    const { state, ...accepted } = await control.adoptLive({
      service,
      environment,
      host,
      observed,
      statement,
    });
    board.state = state;
    show();
    return accepted;
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    return { status: 'refused', message: `what serves cannot be recorded: ${reasonOf(error)}` };
  } finally {
    board.adopting = false;
  }
}
