import { runOf, withClient } from './context.js';
import { follow } from './follow.js';
import type { Command } from './table.js';

/** `shipway watch RUN`: follows it; the exit code is that of its outcome. */
export const watch: Command = (values, [text = '']) =>
  withClient(async (client) => {
    const { service, run } = await runOf(client, text);
    return follow(client, service, run, values);
  });
