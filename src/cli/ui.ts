import { pipelineId } from '../domain/ids.js';
import { UsageError } from '../errors.js';
import { runOf, settings, withClient } from './context.js';
import { result } from './output.js';
import type { Command } from './table.js';

/** `shipway ui [RUN]`: an address to open in a browser. */
export const ui: Command = async (values, [text]) => {
  const { uiUrl, namespace } = await settings();
  if (uiUrl === undefined)
    throw new UsageError('the address of Temporal’s UI is not known', 'SHIPWAY_UI_URL with it');
  const base = `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows`;
  if (text === undefined) {
    result(values, { url: base }, [base]);
    return 0;
  }
  const { service, run } = await withClient((client) => runOf(client, text));
  const url = `${base}/${encodeURIComponent(pipelineId(service, run))}`;
  result(values, { url }, [url]);
  return 0;
};
