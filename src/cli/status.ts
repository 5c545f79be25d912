import { runOf, withClient } from './context.js';
import { statusJson } from './follow.js';
import { result } from './output.js';
import { renderRun } from './render/run.js';
import type { Command } from './table.js';

/** `shipway status RUN`: from what is written down in Temporal, so also when no worker lives. */
export const status: Command = (values, [text = '']) =>
  withClient(async (client) => {
    const { service, run } = await runOf(client, text);
    const found = await client.status(service, run);
    result(values, statusJson(found), renderRun(found, Date.now()));
    return 0;
  });
