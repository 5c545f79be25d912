import { CommandError } from '../client/failure.js';
import { runOf, state, withClient } from './context.js';
import { result } from './output.js';
import type { Command, Values } from './table.js';

const REFUSED = 3;

/** `shipway approve RUN` and `reject`: a statement about exactly what the run asks now. Exit code 3 when it does not count. */
const answer =
  (verb: 'approve' | 'reject'): Command =>
  (values: Values, [text = '']) =>
    withClient(async (client) => {
      const { service, run } = await runOf(client, text);
      const status = await client.status(service, run);
      const waiting = status.run.waitingFor ?? status.deployment?.waitingFor;
      if (waiting?.decision === undefined)
        throw new CommandError(`${run} asks nothing now`, `look at it with: shipway status ${run}`);
      const { status: taken, message } = await client.answer(
        waiting.workflow,
        state(values, verb, waiting.decision),
      );
      if (taken === 'refused')
        throw new CommandError(message, `look at it with: shipway status ${run}`, REFUSED);
      result(values, { run, decision: waiting.decision, status: taken, message }, [
        `${verb === 'approve' ? 'approved' : 'rejected'} ${waiting.title}: ${message}`,
      ]);
      return 0;
    });

export const approve = answer('approve');
export const reject = answer('reject');
