import type { Store } from '../domain/store.js';
import type { Sample } from '../domain/watching.js';
import type { Database } from './pool.js';

interface Row {
  readonly body: Sample;
}

const PAGE = 1_000;

/** One sample for each deployment, phase, instant and trigger: a watch that resumes may add the last ones again. */
export const samplesOf = (db: Database): Store['samples'] => ({
  add: async (samples) => {
    if (samples.length === 0) return;
    await db.query(
      `INSERT INTO samples (deployment, phase, at, trigger, body)
       SELECT body ->> 'deployment', body ->> 'phase', (body ->> 'at')::timestamptz, body ->> 'trigger', body
       FROM json_array_elements($1::json) AS s (body)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(samples)],
    );
  },
  list: async (deployment, { from, limit = PAGE } = {}) => {
    const { rows } = await db.query<Row>(
      `SELECT body FROM samples WHERE deployment = $1 AND ($2::timestamptz IS NULL OR at >= $2)
       ORDER BY at, id LIMIT $3`,
      [deployment, from ?? null, limit],
    );
    return rows.map((r) => r.body);
  },
});
