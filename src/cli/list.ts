import type { RunLine } from '../client.js';
import { withClient } from './context.js';
import { columns, result, string, whole } from './output.js';
import { name } from './reference.js';
import { instant } from './render/text.js';
import type { Command } from './table.js';

const LIMIT = 20;
const MOST = 1_000;

/** `shipway list`: runs, newest first, as Temporal's visibility knows them, a moment after they start. */
export const list: Command = async (values) => {
  const [service, environment] = [string(values, 'service'), string(values, 'environment')];
  const limit = whole(values, 'limit', LIMIT, MOST);
  const filter = {
    ...(service === undefined ? {} : { service: name('service', service) }),
    ...(environment === undefined ? {} : { environment: name('environment', environment) }),
  };
  return withClient(values, async (client) => {
    const runs = await client.list(filter, limit);
    const head = ['RUN', 'ENVIRONMENT', 'STATE', 'BY', 'STARTED'];
    const rows = runs.map((r) => [
      `${r.service}/${r.run}`,
      r.view?.environment ?? '',
      stateOf(r),
      r.view?.requestedBy ?? '',
      instant(r.startedAt),
    ]);
    result(values, { runs }, rows.length === 0 ? ['no runs'] : columns([head, ...rows]));
    return 0;
  });
};

function stateOf({ view, status }: RunLine): string {
  if (view?.outcome !== undefined) return view.outcome.replaceAll('_', ' ');
  if (status !== 'RUNNING') return status.toLowerCase();
  const stage = view?.stages.find((s) => s.state === 'waiting' || s.state === 'running');
  return stage === undefined
    ? 'running'
    : `${stage.state === 'waiting' ? 'waiting' : 'running'}: ${stage.name}`;
}
