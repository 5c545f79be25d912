import { columns, result, string } from './output.js';
import { withClient } from './context.js';
import { NAME } from '../domain/ids.js';
import { UsageError } from '../errors.js';
import type { Command } from './table.js';

const LIMIT = 20;

/** `shipway list`: runs, newest first, as Temporal's visibility knows them. */
export const list: Command = (values) =>
  withClient(async (client) => {
    const service = string(values, 'service');
    if (service !== undefined && !NAME.test(service))
      throw new UsageError(`${JSON.stringify(service)} is no service`, 'its name as in shipway.yaml');
    const limit = Number(string(values, 'limit') ?? LIMIT);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
      throw new UsageError('--limit is a whole number', 'one from 1 to 1000');
    const runs = await client.list(service, limit);
    const rows = runs.map((r) => [
      `${r.service}/${r.run}`,
      r.view?.environment ?? '',
      r.view?.outcome ?? (r.view?.waitingFor === undefined ? r.status.toLowerCase() : 'waiting'),
      r.view?.requestedBy ?? '',
      r.startedAt.slice(0, 19),
    ]);
    result(
      values,
      { runs },
      rows.length === 0 ? ['no runs'] : columns([['RUN', 'ENVIRONMENT', 'STATE', 'BY', 'STARTED'], ...rows]),
    );
    return 0;
  });
