import type { DeploymentStatus, RunStatus, ShipwayClient } from '../client.js';
import { withClient } from './context.js';
import { result } from './output.js';
import { deploymentNamed, runOrNewest } from './reference.js';
import { nextCommands, nextForDeployment } from '../domain/next.js';
import { renderDeployment } from './render/deployment.js';
import { renderRun } from './render/run.js';
import type { Command, Values } from './table.js';
import { uiOf } from '../client/ui-address.js';
import type { ConnectionSettings } from '../connection.js';

/** `shipway status [RUN|DEPLOYMENT]`: from what is written down in Temporal, so also when no worker lives. */
export const status: Command = (values, [text]) =>
  withClient(values, async (client, settings) => {
    const deployment = deploymentNamed(text);
    if (deployment !== undefined) return ofDeployment(client, settings, deployment, values);
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

async function ofDeployment(
  client: ShipwayClient,
  settings: ConnectionSettings,
  deployment: string,
  values: Values,
): Promise<number> {
  const found = await client.deployment(deployment);
  const ui = uiOf(settings, deployment);
  result(values, deploymentJson(found, ui), [
    ...renderDeployment(found, Date.now()),
    ...(ui === undefined ? [] : ['', ui]),
  ]);
  return 0;
}

/** What `status --json` and `watch --json` print. */
export const statusJson = (status: RunStatus, ui?: string) => ({
  ...status,
  next: nextCommands(status),
  ...(ui === undefined ? {} : { ui }),
});

/** The same of a deployment. */
export const deploymentJson = (status: DeploymentStatus, ui?: string) => ({
  ...status,
  next: nextForDeployment(status.deployment),
  ...(ui === undefined ? {} : { ui }),
});
