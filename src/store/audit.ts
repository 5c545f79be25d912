import type { AuditEntry, ChainedEntry } from '../domain/audit.js';
import { canonical } from '../domain/canonical.js';
import type { AuditFilter, Store } from '../domain/store.js';
import { inTurns } from './in-turns.js';
import type { Database } from './pool.js';
import { clean, keyOf } from './text.js';

const PAGE = 1_000;

/**
 * The hash chain. An append is one round trip and one commit; those asked for while one is on its way go together in the next.
 * An entry whose key is there already is left out, so a retry is safe. Whatever an entry holds can be appended.
 */
export function auditOf(db: Database): Store['audit'] {
  const append = inTurns(async (entries: readonly AuditEntry[]) => {
    await db.query('SELECT append_audit($1::json)', [JSON.stringify(entries.map(rowOf))]);
  });
  return { append, list: (filter) => list(db, filter) };
}

/** Callers may hand on what a stranger sent, so nothing is taken for granted about the fields' types. */
export function rowOf(entry: AuditEntry): Record<string, unknown> {
  return {
    key: keyOf(entry.key),
    entry: canonical(entry),
    timestamp: instant(entry.timestamp),
    event_type: textOf(entry.event_type),
    user: textOf(entry.user),
    service: textOf(entry.service),
    environment: textOf(entry.environment),
    version: textOf(entry.version),
    workflow: textOf(entry.workflow),
    ip_address: entry.ip_address === undefined ? null : textOf(entry.ip_address),
    user_agent: entry.user_agent === undefined ? null : textOf(entry.user_agent),
    late: entry.late === true,
  };
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? clean(value) : clean(JSON.stringify(value) ?? '');
/** The entry keeps what was said; the column takes only what every date of PostgreSQL and of people can be. */
const instant = (text: string): string => {
  const at = new Date(text);
  const year = at.getUTCFullYear();
  return (year >= 1970 && year <= 9999 ? at : new Date()).toISOString();
};

interface Row {
  readonly seq: string;
  readonly previous: string;
  readonly hash: string;
  readonly entry: string;
}

async function list(db: Database, filter: AuditFilter): Promise<readonly ChainedEntry[]> {
  const { rows } = await db.query<Row>(
    `SELECT seq, previous, hash, entry FROM audit
     WHERE seq > $1
       AND ($2::text IS NULL OR service = $2)
       AND ($3::text IS NULL OR environment = $3)
       AND ($4::text IS NULL OR workflow = $4)
       AND ($5::float8 IS NULL OR "timestamp" >= now() - $5 * interval '1 day')
       AND ($7::text IS NULL OR event_type = $7)
     ORDER BY seq LIMIT $6`,
    [
      filter.afterSeq ?? 0,
      filter.service ?? null,
      filter.environment ?? null,
      filter.workflow ?? null,
      filter.sinceDays ?? null,
      filter.limit ?? PAGE,
      filter.event ?? null,
    ],
  );
  return rows.map((r) => ({ ...r, seq: Number(r.seq), entry: JSON.parse(r.entry) as AuditEntry }));
}
