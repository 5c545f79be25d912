import type { LogChunk, Store } from '../domain/store.js';
import type { Database } from './pool.js';

interface Row extends Omit<LogChunk, 'bytes'> {
  readonly id: string;
  readonly bytes: string;
}

/**
 * Which chunks of output there are; their bytes lie in the artifact store. Chunks of one run are added in turns, so that whoever
 * follows by `afterId` never passes over one that was numbered before and committed after.
 */
export const logsOf = (db: Database): Store['logs'] => ({
  add: async (chunk) => {
    await db.query(
      `WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended('logs/' || $1::text, 0)))
       INSERT INTO log_chunks (run, stage, attempt, seq, digest, bytes, last)
       SELECT $1, $2, $3, $4, $5, $6, $7 FROM turn
       ON CONFLICT DO NOTHING`,
      [chunk.run, chunk.stage, chunk.attempt, chunk.seq, chunk.digest, chunk.bytes, chunk.last],
    );
  },
  list: async ({ run, stage, afterId }) => {
    const { rows } = await db.query<Row>(
      `SELECT id, run, stage, attempt, seq, digest, bytes, last
       FROM (SELECT *, min(id) OVER (PARTITION BY stage) AS begun FROM log_chunks WHERE run = $1) AS c
       WHERE ($2::text IS NULL OR stage = $2) AND id > $3
       ORDER BY begun, stage, attempt, seq`,
      [run, stage ?? null, afterId ?? 0],
    );
    return rows.map((r) => ({ ...r, id: Number(r.id), bytes: Number(r.bytes) }));
  },
});
