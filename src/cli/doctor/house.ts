import { apiClient } from '../../client/api.js';
import type { ShipwayClient } from '../../client.js';
import { KINDS } from '../../domain/housekeeping.js';
import { HOUSEKEEPING } from '../../domain/ids.js';
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
    ])
  ).flat();

async function housekeeping(client: ShipwayClient): Promise<readonly Check[]> {
  const name = 'housekeeping';
  for (const id of [HOUSEKEEPING.schedule, HOUSEKEEPING.drift]) {
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
