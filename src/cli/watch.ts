import type { DeploymentStatus, RunStatus, ShipwayClient } from '../client.js';
import type { ConnectionSettings } from '../connection.js';
import { UsageError } from '../errors.js';
import { withClient } from './context.js';
import { deploymentToFollow, endLine, exitOf, followed, runToFollow } from './follow.js';
import { measuringAt } from './measuring.js';
import { result } from './output.js';
import { deploymentNamed, runOrNewest } from './reference.js';
import { deploymentJson, statusJson } from './status.js';
import type { Command, Values } from './table.js';
import { uiOf } from '../client/ui-address.js';

/** `shipway watch [RUN|DEPLOYMENT]`: follows it, with what is measured of its deployment; the exit code is that of its outcome. */
export const watch: Command = (values, [text]) => {
  if (values['changes'] === true && values['json'] !== true)
    throw new UsageError('--changes is for programs, and without --json there is nothing for them', '--json');
  return followedToEnd(values, text);
};

const followedToEnd = (values: Values, text: string | undefined): Promise<number> =>
  withClient(values, async (client, settings) => {
    const deployment = deploymentNamed(text);
    if (deployment !== undefined) return ofDeployment(client, settings, deployment, values);
    const run = await runOrNewest(client, text, values);
    const said = teller(values, (status: RunStatus) => statusJson(status, uiOf(settings, status.workflow)));
    const measures = measuringAt(settings, values);
    const status = await followed(runToFollow(client, run, measures), values, said.change);
    said.end(status, endLine(run.run, status.run, status));
    return exitOf(status.run);
  });

/** With --changes every change is an object, and the end is the last of them; without it the end alone is said. */
function teller<Status extends RunStatus | DeploymentStatus>(
  values: Values,
  json: (status: Status) => object,
): { readonly change: (status: Status) => void; readonly end: (status: Status, line: string) => void } {
  if (values['changes'] !== true)
    return {
      change: () => undefined,
      end: (status, line) => {
        result(values, json(status), [line]);
      },
    };
  let last = '';
  return {
    change: (status) => {
      // Who polls, and when an activity last beat, changes although nothing has happened.
      const { workers: _, temporal, ...what } = status;
      const text = JSON.stringify([what, temporal.status]);
      if (text !== last) result(values, json(status), []);
      last = text;
    },
    end: () => undefined,
  };
}

async function ofDeployment(
  client: ShipwayClient,
  settings: ConnectionSettings,
  name: string,
  values: Values,
): Promise<number> {
  const said = teller(values, (seen: DeploymentStatus) => deploymentJson(seen, uiOf(settings, name)));
  const measures = measuringAt(settings, values);
  const status = await followed(deploymentToFollow(client, name, measures), values, said.change);
  said.end(status, endLine(name, status.deployment, status));
  return exitOf(status.deployment);
}
