import { apiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import type { ScheduleRef, ScheduleView, Schedules } from '../client/schedules.js';
import type { ConnectionSettings } from '../connection.js';
import { FAILURES } from '../domain/failures.js';
import { BRANCH, NAME } from '../domain/ids.js';
import { notScheduled } from '../domain/trigger.js';
import { MOST_REASON } from '../domain/statement.js';
import { UsageError } from '../errors.js';
import { configurationIfAny } from './configuration-file.js';
import { person, required, withClient } from './context.js';
import { refuseUnknownEnvironment } from './known-environment.js';
import { columns, refuseOthers, result, string } from './output.js';
import { name as nameOf, serviceOfCommand } from './reference.js';
import { instant } from './render/text.js';
import type { Command, Values } from './table.js';

/** `shipway schedule`: runs that start by the clock, of a branch of a repository that the workers' policy names. */
export const schedule: Command = async (values, [action = '', name]) => {
  await configurationIfAny(values);
  if (action === 'list' && name === undefined) return list(values);
  const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (act === undefined)
    throw new UsageError(
      action === 'list' ? 'list takes no name' : `${JSON.stringify(action)} is nothing to do with a schedule`,
      `shipway schedule list, or one of ${Object.keys(ACTIONS).join(', ')} with a name`,
    );
  if (name === undefined || !NAME.test(name))
    throw new UsageError(
      name === undefined ? 'which schedule is not said' : `${JSON.stringify(name)} is no name of a schedule`,
      `shipway schedule ${action} nightly: lower-case letters, digits and dashes`,
    );
  refuseOthers(values, `schedule ${action}`, othersOf(action));
  const work = act(values);
  const ref = { service: await serviceOfCommand(values), name };
  return withClient(values, async (client, settings) => {
    const said = await work({ ref, settings, schedules: client.schedules });
    result(values, { ...ref, did: action }, [`${ref.service}: ${said}`]);
    return 0;
  });
};

interface Asked {
  readonly ref: ScheduleRef;
  readonly settings: ConnectionSettings;
  readonly schedules: Schedules;
}
/** What is wrong in itself is said before any server is asked. */
type Action = (values: Values) => (asked: Asked) => Promise<string>;

const ACTIONS: Readonly<Record<string, Action>> = {
  add,
  pause: (values) => {
    const note = `${person(values)}: ${reasonOf(required(values, 'reason', '"why"'))}`;
    return async ({ ref, schedules }) => {
      await schedules.pause(ref, note);
      return `${ref.name} is paused`;
    };
  },
  resume: (values) => {
    const note = `${person(values)}: ${reasonOf(string(values, 'reason')?.trim() ?? 'resumed')}`;
    return async ({ ref, schedules }) => {
      await schedules.resume(ref, note);
      return `${ref.name} goes on`;
    };
  },
  remove:
    () =>
    async ({ ref, schedules }) => {
      await schedules.remove(ref);
      return `${ref.name} is gone; what it has started goes on`;
    },
  now:
    () =>
    async ({ ref, schedules }) => {
      await schedules.now(ref);
      return `${ref.name} starts a run, unless one of it is under way: see \`shipway list\``;
    },
};

function add(values: Values): ReturnType<Action> {
  const environment = string(values, 'environment');
  const given = {
    cron: required(values, 'cron', '"0 3 * * 1-5"'),
    ...{ timezone: string(values, 'timezone') ?? 'UTC', by: person(values) },
    branch: branchOf(string(values, 'branch') ?? 'main'),
    ...(environment === undefined ? {} : { environment: nameOf('environment', environment) }),
  };
  return async ({ ref, settings, schedules }) => {
    if (environment !== undefined)
      await refuseUnknownEnvironment(settings, { service: ref.service, environment });
    await refuseUnscheduled(settings, ref.service, {
      ...{ branch: given.branch, environments: environment === undefined ? [] : [environment] },
    });
    await schedules.add({ ...ref, ...given });
    const where = environment ?? 'where shipway.yaml leads';
    return `${ref.name} is made: ${given.cron} ${given.timezone}, ${given.branch} to ${where}`;
  };
}

/** Said now rather than at night, when it is asked again. */
async function refuseUnscheduled(
  settings: ConnectionSettings,
  service: string,
  asked: { readonly branch: string; readonly environments: readonly string[] },
): Promise<void> {
  const { repositories = {} } = (await apiClient(settings).policy()).policy;
  const repository = Object.hasOwn(repositories, service) ? repositories[service] : undefined;
  const why =
    repository === undefined
      ? `the policy names no repository of ${service}`
      : notScheduled(repository, { service, ...asked });
  if (why === undefined) return;
  const { exit, next } = FAILURES['repository.unknown'];
  throw new CommandError(why, next, exit, undefined, 'refused');
}

const ADDS = ['cron', 'timezone', 'branch', 'environment'];
const REASON = ['reason'];
/** What each action does not hear. */
const othersOf = (action: string): readonly string[] =>
  action === 'add' ? REASON : action === 'pause' || action === 'resume' ? ADDS : [...ADDS, ...REASON];

function reasonOf(text: string): string {
  if (text !== '' && text.length <= MOST_REASON) return text;
  throw new UsageError(
    `--reason has ${String(text.length)} characters`,
    `say it in 1 to ${String(MOST_REASON)} characters`,
  );
}

function branchOf(text: string): string {
  if (BRANCH.test(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is no name of a branch`, '--branch main');
}

async function list(values: Values): Promise<number> {
  const service = string(values, 'service');
  refuseOthers(values, 'schedule list', othersOf('list'));
  const of = service === undefined ? undefined : nameOf('service', service);
  return withClient(values, async (client) => {
    const schedules = await client.schedules.list(of);
    const head = ['SCHEDULE', 'CRON', 'TIME ZONE', 'BRANCH', 'ENVIRONMENT', 'BY', 'LAST', 'NEXT'];
    result(
      values,
      { schedules },
      schedules.length === 0 ? ['no schedules'] : columns([head, ...schedules.map(line)]),
    );
    return 0;
  });
}

const line = (s: ScheduleView): readonly string[] => [
  ...[`${s.service}/${s.name}`, s.cron, s.timezone, s.branch, s.environment ?? '-', s.by],
  s.last === undefined ? '-' : instant(s.last),
  s.paused === undefined ? instant(s.next ?? '') : `paused by ${s.paused}`,
];
