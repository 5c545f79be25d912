import { apiClient } from '../client/api.js';
import { UsageError } from '../errors.js';
import { settings } from './context.js';
import { columns, result, string } from './output.js';
import type { Command, Values } from './table.js';

/** `--days` as a number. */
export function daysOf(values: Values): number {
  const days = Number(string(values, 'days') ?? 30);
  if (Number.isInteger(days) && days > 0 && days <= 36_500) return days;
  throw new UsageError('--days is a whole number of days', '--days 30');
}

export const filterOf = (values: Values): { service?: string; environment?: string; days: number } => {
  const [service, environment] = [string(values, 'service'), string(values, 'environment')];
  return {
    ...(service === undefined ? {} : { service }),
    ...(environment === undefined ? {} : { environment }),
    days: daysOf(values),
  };
};

/** `shipway history`: deployments, newest first, from the store. */
export const history: Command = async (values) => {
  const rows = await apiClient(await settings()).history(filterOf(values));
  const lines = rows.map((d) => [
    d.id.slice('deployment/'.length),
    d.kind,
    d.release.version,
    d.replaces?.version ?? '-',
    d.outcome ?? 'running',
    d.requestedBy,
    d.startedAt.slice(0, 19),
    d.reason ?? '',
  ]);
  result(
    values,
    { deployments: rows },
    lines.length === 0
      ? ['no deployments']
      : columns([
          ['DEPLOYMENT', 'KIND', 'VERSION', 'REPLACES', 'OUTCOME', 'BY', 'STARTED', 'REASON'],
          ...lines,
        ]),
  );
  return 0;
};
