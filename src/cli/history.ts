import type { TargetRef } from '../domain/ids.js';
import type { MessageRow } from '../domain/outbox.js';
import { ALL_DAYS, HISTORY_LIMIT, apiClient, type RecordFilter } from '../client/api.js';
import { settings } from './context.js';
import { columns, oneLine, progress, result, string, whole } from './output.js';
import { name } from './reference.js';
import { instant } from './render/text.js';
import type { Command, Values } from './table.js';

const DAYS = 30;

/** The options that leave something out of a record. */
export const FILTERS = ['service', 'environment', 'days'] as const;

/** What they ask for. Fails with `UsageError`. */
export const filterOf = (values: Values): RecordFilter => ({
  ...placeOf(values),
  days: whole(values, 'days', DAYS, ALL_DAYS),
});

/** Of one service, in one environment, or of all. */
export function placeOf(values: Values): Partial<TargetRef> {
  const [service, environment] = [string(values, 'service'), string(values, 'environment')];
  return {
    ...(service === undefined ? {} : { service: name('service', service) }),
    ...(environment === undefined ? {} : { environment: name('environment', environment) }),
  };
}

/** What nobody can say whether it has arrived, and nobody sends again. */
const lineOf = ({ channel, notice, why = '' }: MessageRow): string =>
  oneLine(`! may not have reached ${channel} at ${instant(notice.at)}: ${notice.title} (${why})`);

/** `shipway history`: deployments, newest first, from the store, and messages about them of which nobody knows whether they arrived. */
export const history: Command = async (values) => {
  const filter = filterOf(values);
  const api = apiClient(await settings(values));
  const [rows, unknown] = await Promise.all([api.history(filter), api.messages('unknown', filter)]);
  const lines = rows.map((d) => [
    d.id.slice('deployment/'.length),
    d.kind,
    d.release.version,
    d.replaces?.version ?? '-',
    d.outcome?.replaceAll('_', ' ') ?? 'running',
    d.requestedBy,
    instant(d.startedAt),
    d.reason ?? '',
  ]);
  const head = ['DEPLOYMENT', 'KIND', 'VERSION', 'REPLACES', 'OUTCOME', 'BY', 'STARTED', 'REASON'];
  const truncated = rows.length >= HISTORY_LIMIT;
  if (truncated)
    progress(
      `only the newest ${String(HISTORY_LIMIT)} are shown; fewer --days, --service or --environment show the rest`,
      values,
    );
  result(values, { deployments: rows, truncated, unknown_messages: unknown }, [
    ...(rows.length === 0 ? ['no deployments'] : columns([head, ...lines])),
    ...unknown.map(lineOf),
  ]);
  return 0;
};
