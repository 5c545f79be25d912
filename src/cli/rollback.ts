import { randomUUID } from 'node:crypto';
import { apiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import type { ShipwayClient } from '../client.js';
import type { ConnectionSettings } from '../connection.js';
import { FAILURES, isFailureType } from '../domain/failures.js';
import { VERSION, targetId } from '../domain/ids.js';
import type { DeploymentView } from '../domain/view.js';
import { UsageError } from '../errors.js';
import { required, state, withClient } from './context.js';
import { deploymentToCome, followed } from './follow.js';
import { measuring } from './measuring.js';
import { progress, result, string } from './output.js';
import { refuseUnknownEnvironment } from './known-environment.js';
import { name, serviceOfCommand } from './reference.js';
import type { Command, Values } from './table.js';

/** `shipway rollback`: tells a deployment in flight to go back, or starts one that brings the last good release back, and waits for it. */
export const rollback: Command = async (values) => {
  const environment = name('environment', required(values, 'environment', 'NAME'));
  const reason = required(values, 'reason', '"why"');
  const target = { service: await serviceOfCommand(values), environment };
  const to = versionOf(values);
  return withClient(values, async (client, settings) => {
    await refuseUnknownEnvironment(settings, target);
    const answer = await client.rollback({
      ...target,
      requestId: `rollback/${randomUUID()}`,
      statement: state(values, 'rollback', targetId(target)),
      reason,
      ...(to === undefined ? {} : { to }),
    });
    if (answer.status === 'refused') throw refused(answer.type, answer.message);
    if (answer.status === 'queued')
      throw new CommandError(`${targetId(target)} did not take it at once`, 'try again');
    progress(`${answer.deployment} goes back`, values);
    if (values['detach'] === true) {
      result(values, { deployment: answer.deployment }, [answer.deployment]);
      return 0;
    }
    return seenThrough(client, settings, answer.deployment, values);
  });
};

function versionOf(values: Values): string | undefined {
  const to = string(values, 'to');
  if (to === undefined || VERSION.test(to)) return to;
  throw new UsageError(`${JSON.stringify(to)} is no version`, 'one that `shipway history` shows');
}

async function seenThrough(
  client: ShipwayClient,
  settings: ConnectionSettings,
  deployment: string,
  values: Values,
): Promise<number> {
  const measures = measuring(apiClient(settings), values);
  const { deployment: view } = await followed(deploymentToCome(client, deployment, measures), values);
  result(values, { deployment, outcome: view.outcome, view }, [
    `${view.service} in ${view.environment}: ${went(view) ? 'went back' : `did not go back (${view.outcome ?? 'ended in Temporal'})`}: ${view.reason ?? ''}`,
  ]);
  return went(view) ? 0 : 1;
}

/** A deployment that was told to go back has; one that was started to go back has shipped the old release. */
const went = (view: DeploymentView): boolean =>
  view.outcome === (view.kind === 'deploy' ? 'rolled_back' : 'shipped');

function refused(type: string, message: string): CommandError {
  const row = isFailureType(type) ? FAILURES[type] : undefined;
  return new CommandError(message, row?.next ?? 'see `shipway history`', row?.exit ?? 1);
}
