import { randomUUID } from 'node:crypto';
import { CommandError } from '../client/failure.js';
import type { ShipwayClient } from '../client.js';
import { FAILURES, isFailureType } from '../domain/failures.js';
import { VERSION, targetId } from '../domain/ids.js';
import type { DeploymentView } from '../domain/view.js';
import { UsageError } from '../errors.js';
import { required, state, withClient } from './context.js';
import { interrupted, interruption, pause } from './interrupt.js';
import { progress, result, string } from './output.js';
import { refuseUnknownEnvironment } from './known-environment.js';
import { patient } from './patience.js';
import { name, serviceOfCommand } from './reference.js';
import type { Command, Values } from './table.js';

const LOOK_MS = 300;

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
    return seenThrough(client, answer.deployment, values);
  });
};

function versionOf(values: Values): string | undefined {
  const to = string(values, 'to');
  if (to === undefined || VERSION.test(to)) return to;
  throw new UsageError(`${JSON.stringify(to)} is no version`, 'one that `shipway history` shows');
}

async function seenThrough(client: ShipwayClient, deployment: string, values: Values): Promise<number> {
  const { signal, done } = interruption();
  const view = await ended(client, deployment, values, signal).finally(done);
  if (view === undefined)
    throw interrupted(`${deployment} goes on`, `look again with: shipway watch ${deployment}`);
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

/** Its last view; `undefined` when Ctrl-C came first. */
async function ended(
  client: ShipwayClient,
  deployment: string,
  values: Values,
  signal: AbortSignal,
): Promise<DeploymentView | undefined> {
  const look = patient(() => client.view<DeploymentView>(deployment), values);
  let said = 0;
  let asked = '';
  while (!signal.aborted) {
    const found = await look();
    const view = found?.view;
    for (const { at, what } of view?.timeline ?? []) if (at > said) progress(`  ${what}`, values);
    said = Math.max(said, view?.timeline.at(-1)?.at ?? 0);
    const question = view?.waitingFor;
    if (question?.decision !== undefined && question.decision !== asked)
      progress(
        `waiting: ${question.title}\n  shipway approve ${deployment}\n  shipway reject ${deployment}`,
        values,
      );
    asked = question?.decision ?? '';
    if (view !== undefined && (view.outcome !== undefined || found?.status !== 'RUNNING')) return view;
    await pause(LOOK_MS, signal);
  }
  return undefined;
}
