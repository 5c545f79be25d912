import type { ShipwayClient } from '../client.js';
import type { ConnectionSettings } from '../connection.js';
import { exitCodeOf } from '../domain/outcome.js';
import { withClient } from './context.js';
import { deploymentToFollow, endLine, exitOf, followed, runToFollow } from './follow.js';
import { result } from './output.js';
import { deploymentNamed, runOrNewest } from './reference.js';
import { endedInTemporal } from './render/open.js';
import { deploymentJson, statusJson } from './status.js';
import type { Command, Values } from './table.js';
import { uiOf } from '../client/ui-address.js';

/** `shipway watch [RUN|DEPLOYMENT]`: follows it; the exit code is that of its outcome. */
export const watch: Command = (values, [text]) =>
  withClient(values, async (client, settings) => {
    const deployment = deploymentNamed(text);
    if (deployment !== undefined) return ofDeployment(client, settings, deployment, values);
    const run = await runOrNewest(client, text, values);
    const status = await followed(runToFollow(client, run), values);
    result(values, statusJson(status, uiOf(settings, status.workflow)), [endLine(status)]);
    return exitOf(status);
  });

async function ofDeployment(
  client: ShipwayClient,
  settings: ConnectionSettings,
  name: string,
  values: Values,
): Promise<number> {
  const status = await followed(deploymentToFollow(client, name), values);
  const { outcome, reason = '' } = status.deployment;
  const how =
    outcome === undefined
      ? `was ${endedInTemporal(status) ?? ''}`
      : `${outcome.replaceAll('_', ' ')}: ${reason}`;
  result(values, deploymentJson(status, uiOf(settings, name)), [`${name} ${how}`]);
  return outcome === undefined ? 1 : exitCodeOf(outcome);
}
