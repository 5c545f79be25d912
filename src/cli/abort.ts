import { CommandError } from '../client/failure.js';
import { runOf, state, withClient } from './context.js';
import { result } from './output.js';
import type { Command } from './table.js';

const REFUSED = 3;

/** `shipway abort RUN`: the run stops and what it did is undone. */
export const abort: Command = (values, [text = '']) =>
  withClient(async (client) => {
    const { service, run } = await runOf(client, text);
    const { workflow, run: view } = await client.status(service, run);
    if (view.outcome !== undefined)
      throw new CommandError(
        `${run} has ended: ${view.outcome}`,
        'a live release is taken back with `shipway rollback`',
      );
    const { status, message } = await client.abort(workflow, state(values, 'abort', workflow));
    if (status === 'refused')
      throw new CommandError(message, `look at it with: shipway status ${run}`, REFUSED);
    result(values, { run, status, message }, [`${run}: ${message}`]);
    return 0;
  });
