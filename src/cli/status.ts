import type { RunStatus } from '../client.js';
import { withClient } from './context.js';
import { result } from './output.js';
import { runOrNewest } from './reference.js';
import { nextCommands } from '../domain/next.js';
import { renderRun } from './render/run.js';
import type { Command } from './table.js';
import { uiOf } from '../client/ui-address.js';

/** `shipway status [RUN]`: from what is written down in Temporal, so also when no worker lives. */
export const status: Command = (values, [text]) =>
  withClient(values, async (client, settings) => {
    const { service, run } = await runOrNewest(client, text, values);
    const found = await client.status(service, run);
    const uiUrl = uiOf(settings, found.workflow);
    result(
      values,
      statusJson(found, uiUrl),
      renderRun(found, Date.now(), uiUrl === undefined ? {} : { uiUrl }),
    );
    return 0;
  });

/** What `status --json` and `watch --json` print. */
export const statusJson = (status: RunStatus, ui?: string) => ({
  ...status,
  next: nextCommands(status),
  ...(ui === undefined ? {} : { ui }),
});
