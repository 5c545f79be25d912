import { pipelineId } from '../domain/ids.js';
import { UsageError } from '../errors.js';
import { settings, withClient } from './context.js';
import { result } from './output.js';
import { deploymentNamed, runOf } from './reference.js';
import type { Command } from './table.js';
import { uiOf } from '../client/ui-address.js';

/** `shipway ui [RUN|DEPLOYMENT]`: an address to open in a browser. */
export const ui: Command = async (values, [text]) => {
  const found = await settings(values);
  if (found.uiUrl === undefined)
    throw new UsageError('the address of Temporal’s UI is not known', 'set SHIPWAY_UI_URL to it');
  let workflow: string | undefined;
  const deployment = deploymentNamed(text);
  if (deployment !== undefined) workflow = deployment;
  else if (text !== undefined) {
    const { service, run } = await withClient(values, (client) => runOf(client, text, values));
    workflow = pipelineId(service, run);
  }
  const url = uiOf(found, workflow) ?? '';
  result(values, { url }, [url]);
  return 0;
};
