import { randomUUID } from 'node:crypto';
import { CommandError } from '../client/failure.js';
import { FAILURES, isFailureType } from '../domain/failures.js';
import { targetId } from '../domain/ids.js';
import type { DeploymentView } from '../domain/view.js';
import { UsageError } from '../errors.js';
import type { ShipwayClient } from '../client.js';
import { required, serviceHere, state, withClient } from './context.js';
import { progress, result, string } from './output.js';
import type { Command } from './table.js';

const LOOK_MS = 300;

/** `shipway rollback`: tells a deployment in flight to go back, or starts one that brings the last good release back, and waits for it. */
export const rollback: Command = async (values) => {
  const environment = required(values, 'environment');
  const reason = required(values, 'reason');
  const service = string(values, 'service') ?? (await serviceHere());
  if (service === undefined) throw new UsageError('which service is not said', '--service NAME');
  const to = string(values, 'to');
  const target = { service, environment };
  return withClient(async (client) => {
    const statement = state(values, 'rollback', targetId(target));
    const answer = await client.rollback({
      ...target,
      requestId: `rollback/${randomUUID()}`,
      statement,
      reason,
      ...(to === undefined ? {} : { to }),
    });
    if (answer.status === 'refused') throw refused(answer.type, answer.message);
    if (answer.status === 'queued') throw new CommandError('the target did not take it at once', 'try again');
    progress(`${answer.deployment} goes back`);
    const view = await ended(client, answer.deployment);
    result(values, { deployment: view }, [
      `${view.service} ${view.version} in ${environment}: ${view.outcome ?? ''} (${view.reason ?? ''})`,
    ]);
    return went(view) ? 0 : 1;
  });
};

/** A deployment that was told to go back has; one that was started to go back has shipped the old release. */
const went = (view: DeploymentView): boolean =>
  view.outcome === (view.kind === 'deploy' ? 'rolled_back' : 'shipped');

function refused(type: string, message: string): CommandError {
  const row = isFailureType(type) ? FAILURES[type] : undefined;
  return new CommandError(message, row?.next ?? 'see `shipway history`', row?.exit ?? 1);
}

async function ended(client: ShipwayClient, deployment: string): Promise<DeploymentView> {
  let said = '';
  for (;;) {
    const view = await client.view<DeploymentView>(deployment);
    const what = view?.timeline.at(-1)?.what ?? '';
    if (what !== said) progress(`  ${what}`);
    said = what;
    if (view?.outcome !== undefined) return view;
    await new Promise((r) => setTimeout(r, LOOK_MS));
  }
}
