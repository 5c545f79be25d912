import { CommandError } from '../client/failure.js';
import { accepted } from './accepted.js';
import { required, state, withClient } from './context.js';
import { progress, result } from './output.js';
import { runOf } from './reference.js';
import type { Command } from './table.js';

/** `shipway abort RUN`: the run stops and what it did is undone. */
export const abort: Command = (values, [text = '']) =>
  withClient(values, async (client) => {
    required(values, 'reason', '"why"');
    const { service, run } = await runOf(client, text, values);
    const { workflow, run: view } = await client.status(service, run);
    if (view.outcome !== undefined)
      throw new CommandError(
        `${run} has ended: ${view.outcome}`,
        'a live release is taken back with `shipway rollback`',
      );
    const told = client.abort(workflow, state(values, 'abort', workflow));
    const message = await accepted(told, `look at it with: shipway status ${run}`);
    result(values, { run, workflow, status: 'accepted', message }, [`${run}: ${message}`]);
    progress(`see it through with: shipway watch ${run}`, values);
    return 0;
  });
