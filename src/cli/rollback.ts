import { randomUUID } from 'node:crypto';
import { CommandError } from '../client/failure.js';
import type { ShipwayClient } from '../client.js';
import type { ConnectionSettings } from '../connection.js';
import { FAILURES, isFailureType } from '../domain/failures.js';
import type { Pace } from '../domain/gradual.js';
import { VERSION, targetId, type TargetRef } from '../domain/ids.js';
import type { RollbackRequest } from '../domain/target.js';
import { replacesInstances } from '../domain/strategy.js';
import type { DeploymentView } from '../domain/view.js';
import { UsageError } from '../errors.js';
import { required, state, withClient } from './context.js';
import { deploymentToCome, followed } from './follow.js';
import { measuringAt } from './measuring.js';
import { progress, result, string } from './output.js';
import { refuseUnknownEnvironment } from './known-environment.js';
import { name, serviceOfCommand } from './reference.js';
import type { Command, Values } from './table.js';

/** `shipway rollback`: tells a deployment in flight to go back, or starts one that brings the last good release back, and waits for it. */
export const rollback: Command = async (values) => {
  const [to, pace] = [versionOf(values), paceOf(values)];
  return goneBack(values, { ...(to === undefined ? {} : { to }), ...(pace === undefined ? {} : { pace }) });
};

function paceOf(values: Values): Pace | undefined {
  if (values['gradual'] === true && values['immediate'] === true)
    throw new UsageError('--gradual and --immediate are two ways to go back', 'one of them');
  return values['gradual'] === true ? 'gradual' : values['immediate'] === true ? 'immediate' : undefined;
}

/** What is to be known besides when a target has gone back. */
export interface Afterwards {
  readonly json: object;
  readonly lines: readonly string[];
  readonly ok: boolean;
}
type Look = (target: TargetRef) => Promise<Afterwards>;

/** Has the target go back, waits for it and says how it went; `look` is begun before that and ended after it. */
export async function goneBack(
  values: Values,
  how: Pick<RollbackRequest, 'to' | 'pace' | 'emergency'>,
  begin: (target: TargetRef) => Promise<Look | undefined> = () => Promise.resolve(undefined),
): Promise<number> {
  const environment = name('environment', required(values, 'environment', 'NAME'));
  const reason = required(values, 'reason', '"why"');
  const target = { service: await serviceOfCommand(values), environment };
  return withClient(values, async (client, settings) => {
    await refuseUnknownEnvironment(settings, target);
    const look = await begin(target);
    const answer = await client.rollback({
      ...target,
      requestId: `rollback/${randomUUID()}`,
      statement: state(values, 'rollback', targetId(target)),
      reason,
      ...how,
    });
    const after = (): Promise<Afterwards> | undefined => look?.(target);
    if (answer.status === 'refused') return refused(answer, values, after);
    if (answer.status === 'queued')
      throw new CommandError(`${targetId(target)} did not take it at once`, 'try again');
    progress(`${answer.deployment} goes back`, values);
    if (values['detach'] === true) {
      result(values, { deployment: answer.deployment }, [answer.deployment]);
      return 0;
    }
    return seenThrough(client, settings, answer.deployment, { values, after });
  });
}

function versionOf(values: Values): string | undefined {
  const to = string(values, 'to');
  if (to === undefined || VERSION.test(to)) return to;
  throw new UsageError(`${JSON.stringify(to)} is no version`, 'one that `shipway history` shows');
}

async function seenThrough(
  client: ShipwayClient,
  settings: ConnectionSettings,
  deployment: string,
  { values, after }: { readonly values: Values; readonly after: () => Promise<Afterwards> | undefined },
): Promise<number> {
  const measures = measuringAt(settings, values);
  const { deployment: view } = await followed(deploymentToCome(client, deployment, measures), values);
  const seen = await after();
  const whole = wentWhole(view, values);
  const pace = whole ? { gradual: false } : {};
  result(values, { deployment, outcome: view.outcome, view, ...pace, ...seen?.json }, [
    ...(whole ? [`users returned whole and not by quarters: with ${view.strategy} they always do`] : []),
    `${view.service} in ${view.environment}: ${went(view) ? 'went back' : `did not go back (${view.outcome ?? 'ended in Temporal'})`}: ${view.reason ?? ''}`,
    ...(seen?.lines ?? []),
  ]);
  return went(view) && seen?.ok !== false ? 0 : 1;
}

/** Quarters were asked for and could not be. */
export const wentWhole = (view: Returned, values: Values): boolean =>
  values['gradual'] === true && went(view) && replacesInstances(view.strategy);
type Returned = Pick<DeploymentView, 'strategy' | 'kind' | 'outcome'>;

/** A deployment that was told to go back has; one that was started to go back has shipped the old release. */
const went = (view: Returned): boolean =>
  view.outcome === (view.kind === 'deploy' ? 'rolled_back' : 'shipped');

/** That there is nothing to take back is no failure of an emergency: what serves is looked at all the same. */
async function refused(
  { type, message }: { readonly type: string; readonly message: string },
  values: Values,
  after: () => Promise<Afterwards> | undefined,
): Promise<number> {
  const row = isFailureType(type) ? FAILURES[type] : undefined;
  if (type !== 'emergency.over')
    throw new CommandError(message, row?.next ?? 'see `shipway history`', row?.exit ?? 1);
  const seen = await after();
  result(values, { over: message, ...seen?.json }, [message, ...(seen?.lines ?? [])]);
  return seen?.ok === false ? 1 : 0;
}
