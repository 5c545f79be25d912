import { apiClient } from '../../client/api.js';
import type { ShipwayClient } from '../../client.js';
import { KINDS } from '../../domain/housekeeping.js';
import { HOUSEKEEPING } from '../../domain/ids.js';
import type { MessageRow } from '../../domain/outbox.js';
import { oneLine } from '../output.js';
import { settings, withClient } from '../context.js';
import { instant } from '../render/text.js';
import { attempt, bad, short, well, type Check } from './check.js';
import type { Values } from '../table.js';

/** Whether the house keeps itself, when it last did, and which targets are not as recorded. */
export const checkHouse = async (values: Values): Promise<readonly Check[]> =>
  (
    await Promise.all([
      attempt('housekeeping', () => withClient(values, housekeeping)),
      attempt('drift', () => drift(values)),
      attempt('messages', () => messages(values)),
    ])
  ).flat();

async function housekeeping(client: ShipwayClient): Promise<readonly Check[]> {
  const name = 'housekeeping';
  for (const id of [HOUSEKEEPING.schedule, HOUSEKEEPING.drift, HOUSEKEEPING.outbox]) {
    const state = await client.schedule(id);
    if (state === undefined)
      return [
        short(
          name,
          `there is no schedule ${id}`,
          'start a control worker that may make schedules (its log says why it could not), or run `shipway housekeeping`',
        ),
      ];
    if (state.paused)
      return [
        short(name, `${id} is paused: ${state.note ?? ''}`, `temporal schedule toggle --unpause -s ${id}`),
      ];
  }
  const last = await client.lastHousekeeping();
  if (last === undefined) return [well(name, 'scheduled, and not done yet')];
  const { startedAt, status, view, workflow } = last;
  if (status !== 'COMPLETED' && status !== 'RUNNING')
    return [
      bad(
        name,
        `${workflow} ended as ${status.toLowerCase()}`,
        `see it in Temporal’s UI, and run \`shipway housekeeping\``,
      ),
    ];
  const gone = KINDS.map((kind) => view?.removed[kind]?.count ?? 0).reduce((a, b) => a + b, 0);
  return [well(name, `${instant(startedAt)}: ${String(gone)} removed`)];
}

/** Messages of the last days that did not reach people, or of which nobody knows. */
async function messages(values: Values): Promise<readonly Check[]> {
  const api = apiClient(await settings(values));
  const [failed, unknown, waiting] = await Promise.all(
    (['failed', 'unknown', 'waiting'] as const).map((state) => api.messages(state, { days: LOOK_DAYS })),
  );
  const late = (waiting ?? []).filter(({ attempts }) => attempts > 0);
  const told = [
    ...(failed ?? []).map((m) =>
      toldOf(m, 'did not reach', 'see the channel in the policy, and its credential'),
    ),
    ...(unknown ?? []).map((m) => toldOf(m, 'may not have reached', 'look there: it is not sent again')),
    ...late.map((m) => toldOf(m, 'has not reached yet', 'nothing: it is tried again for a day')),
  ];
  const more = told.length - MOST_TOLD;
  if (told.length === 0) return [well('messages', 'none is waiting to be tried again, or was given up')];
  return more > 0
    ? [...told.slice(0, MOST_TOLD), short('messages', `and ${String(more)} more`, 'see GET /v1/messages')]
    : told;
}
const LOOK_DAYS = 7;
const MOST_TOLD = 10;
const toldOf = ({ channel, notice, why = '' }: MessageRow, what: string, next: string): Check =>
  short('messages', oneLine(`“${notice.title}” ${what} ${channel}: ${why}`), next);

async function drift(values: Values): Promise<readonly Check[]> {
  const targets = await apiClient(await settings(values)).targets();
  const drifted = targets.flatMap(({ service, environment, drift: of }) =>
    (of?.found ?? []).map((what) =>
      short(
        `${service} in ${environment}`,
        `${what} (since ${instant(of?.since ?? '')})`,
        `put it right with \`shipway rollback\` or another run, or record what serves with \`shipway adopt --environment ${environment}\``,
      ),
    ),
  );
  return drifted.length > 0
    ? drifted
    : [well('drift', 'targets are as recorded when they were last looked at')];
}
