import { withClient } from './context.js';
import { endLine, exitOf, followed } from './follow.js';
import { result } from './output.js';
import { runOrNewest } from './reference.js';
import { statusJson } from './status.js';
import type { Command } from './table.js';
import { uiOf } from '../client/ui-address.js';

/** `shipway watch [RUN]`: follows it; the exit code is that of its outcome. */
export const watch: Command = (values, [text]) =>
  withClient(values, async (client, settings) => {
    const status = await followed(client, await runOrNewest(client, text, values), values);
    result(values, statusJson(status, uiOf(settings, status.workflow)), [endLine(status)]);
    return exitOf(status);
  });
