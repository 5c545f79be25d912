import { verifyChain } from '../audit-chain.js';
import { apiClient } from '../client/api.js';
import { UsageError } from '../errors.js';
import { settings } from './context.js';
import { FILTERS, filterOf } from './history.js';
import { columns, result } from './output.js';
import { details, instant } from './render/text.js';
import type { Command, Values } from './table.js';

/** `shipway audit`: the entries, or with --verify whether all of them hang together. Exit code 1 when they do not. */
export const audit: Command = async (values) => {
  if (values['verify'] === true) return verify(values);
  const filter = filterOf(values);
  const api = apiClient(await settings(values));
  const entries = await api.audit(filter);
  const rows = entries.map(({ seq, entry: e }) => [
    String(seq),
    instant(e.timestamp),
    e.user,
    e.event_type,
    e.service === '' ? e.workflow : `${e.service}/${e.environment}`,
    e.version,
    details(e.details),
  ]);
  const head = ['SEQ', 'WHEN', 'WHO', 'WHAT', 'WHERE', 'VERSION', 'DETAILS'];
  result(values, { entries }, rows.length === 0 ? ['no entries'] : columns([head, ...rows]));
  return 0;
};

/** A chain without some of its links is none, so nothing may be left out. */
async function verify(values: Values): Promise<number> {
  const filter = FILTERS.find((option) => values[option] !== undefined);
  if (filter !== undefined)
    throw new UsageError(
      `--verify looks at the whole record, and --${filter} would leave some of it out`,
      `leave out --${filter}`,
    );
  const api = apiClient(await settings(values));
  const verified = await verifyChain(await api.chain());
  const lines = verified.ok
    ? [
        `audit chain verified: ${String(verified.count)} entries, head ${verified.head}`,
        'that the newest entries were not cut off can only be seen by keeping this head elsewhere',
      ]
    : [
        `audit chain broken at entry ${String(verified.seq)}: ${verified.reason}`,
        'next: keep the database as it is, and compare it with a backup from before that entry',
      ];
  result(values, { ...verified }, lines);
  return verified.ok ? 0 : 1;
}
