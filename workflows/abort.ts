import { ApplicationFailure, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Subject } from '../src/domain/ids.js';
import type { Accepted } from '../src/domain/messages.js';
import { malformed, misdirected, type Statement } from '../src/domain/statement.js';
import type { Later } from './later.js';
import * as messages from './messages.js';
import { control } from './profiles.js';
import { shielded } from './shielded.js';
import { verified } from './verified.js';

/** What an abort is about, and what it finds. */
export interface Abortable {
  readonly subject: () => Subject;
  readonly later: Later;
  /** Why it comes too late, when it does. */
  readonly tooLate: () => string | undefined;
  /** What it does now, in words. */
  readonly doing: () => string;
}

/**
 * Takes a person's abort: verified like any statement that asks to go back, then turned into a cancellation of this workflow, so that
 * an abort by shipway and a cancel in Temporal's UI take the same way.
 */
export function abortHandler(of: Abortable): { readonly by: () => Statement | undefined } {
  let by: Statement | undefined;
  const workflow = workflowInfo().workflowId;
  setHandler(
    messages.abort,
    async (statement): Promise<Accepted> => {
      const result = await verified({ statement, ...of.subject() }, of.later);
      if (result.status === 'refused') return result;
      const why = of.tooLate();
      if (why !== undefined) {
        const said = `abort by ${statement.person}`;
        of.later.add(shielded(() => control.recordRefusal({ statement: said, why, ...of.subject() })));
        return { status: 'refused', message: why };
      }
      by = statement;
      const message = of.doing();
      await shielded(() => control.cancelWorkflow({ workflow }));
      return { status: 'accepted', message };
    },
    {
      description: 'Stop the run and undo what it did. Takes a statement.',
      validator: (statement: Statement) => {
        const why = malformed(statement) ?? misdirected(statement, 'abort', workflow) ?? of.tooLate();
        if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'statement.refused');
      },
    },
  );
  return { by: () => by };
}
