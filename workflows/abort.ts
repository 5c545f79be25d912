import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { TargetRef } from '../src/domain/ids.js';
import { malformed, type Statement } from '../src/domain/statement.js';
import * as messages from './messages.js';
import { control } from './profiles.js';
import { shielded } from './shielded.js';

/**
 * Takes a person's abort: verified like any statement, then turned into a cancellation of this workflow, so that an abort by
 * shipway and a cancel in Temporal's UI take the same way.
 */
export function abortHandler(
  workflow: string,
  subject: TargetRef & { readonly version: string },
): { readonly by: () => Statement | undefined } {
  let by: Statement | undefined;
  const { service, environment, version } = subject;
  setHandler(
    messages.abort,
    async (statement) => {
      const verified = await shielded(() =>
        control.verifyStatement({ statement, service, environment, version }),
      );
      if (verified.status === 'refused') return verified;
      by = statement;
      await shielded(() => control.cancelWorkflow({ workflow }));
      return { status: 'accepted', message: 'aborting: what was done is being undone' };
    },
    {
      description: 'Stop the run and undo what it did. Takes a statement.',
      validator: (statement: Statement) => {
        const why = malformed(statement) ?? refusalOf(statement, workflow);
        if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'statement.refused');
      },
    },
  );
  return { by: () => by };
}

const refusalOf = (s: Statement, workflow: string): string | undefined => {
  if (s.verb !== 'abort') return `this takes a statement with verb abort, not ${s.verb}`;
  return s.on === workflow ? undefined : `the statement is about ${s.on}, not about ${workflow}`;
};
