import { ALL_DAYS, apiClient, type ApiClient } from '../client/api.js';
import type { ShipwayClient } from '../client.js';
import { UsageError } from '../errors.js';
import { withClient } from './context.js';
import { progress, result, string } from './output.js';
import { deploymentNamed, runOrNewest, serviceOfConfiguration, type RunReference } from './reference.js';
import { gatherDeployment, gatherRun, ifForgotten } from './report/gather.js';
import { pageOf } from './report/html/page.js';
import type { Report } from './report/model.js';
import { refuseTaken, writeNew } from './report/new-file.js';
import { reportOf } from './report/report-of.js';
import { summaryOf } from './report/summary.js';
import type { Command, Values } from './table.js';

/**
 * `shipway report [RUN|DEPLOYMENT]`: what happened, as a page that needs nothing but itself, as text or as JSON. Exit code 1 when the audit
 * is not as it was written.
 */
export const report: Command = async (values, [text]) => {
  const output = string(values, 'output');
  const html = values['html'] === true;
  if (html && values['json'] === true && output === undefined)
    throw new UsageError(
      '--html and --json are two forms of one report',
      'leave out one of them, or say where the page goes: --output FILE',
    );
  if (output !== undefined && !html)
    throw new UsageError('--output is where the page goes', 'shipway report RUN --html --output FILE');
  if (output !== undefined) await refuseTaken(output);
  return withClient(values, async (client, settings) => {
    const api = apiClient(settings);
    const sources = { client, api, verify: values['verify'] === true };
    const deployment = deploymentNamed(text);
    const found =
      deployment === undefined
        ? gatherRun(sources, await runFor(client, api, text, values))
        : gatherDeployment(sources, deployment);
    return told(reportOf(await found), values, output);
  });
};

/** A run that Temporal does not know any more is of the service of the configuration, or of its deployments. */
async function runFor(
  client: ShipwayClient,
  api: ApiClient,
  text: string | undefined,
  values: Values,
): Promise<RunReference> {
  try {
    return await runOrNewest(client, text, values);
  } catch (error) {
    if (text === undefined) throw error;
    ifForgotten(error);
    const [row] = await api.history({ run: text, days: ALL_DAYS });
    const service = row?.service ?? (await serviceOfConfiguration(values));
    if (service === undefined) throw error;
    return { service, run: text };
  }
}

async function told(made: Report, values: Values, output: string | undefined): Promise<number> {
  const wrong = made.audit.flawed.length > 0 || made.audit.chain?.ok === false;
  if (values['html'] !== true) result(values, made, summaryOf(made));
  else if (output === undefined) process.stdout.write(pageOf(made));
  else {
    const page = pageOf(made);
    await writeNew(output, page);
    result(values, { file: output }, [
      `wrote ${output} (${String(Math.ceil(Buffer.byteLength(page) / 1_024))} KiB)`,
    ]);
  }
  if (wrong) progress('the audit is not as it was written: see the report’s part about it', values);
  return wrong ? 1 : 0;
}
