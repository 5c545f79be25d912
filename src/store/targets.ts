import type { Store } from '../domain/store.js';
import { tooNew, type TargetState } from '../domain/target.js';
import { ShipwayError } from '../errors.js';
import type { Database } from './pool.js';

interface Row {
  readonly state: TargetState;
}

export const targetsOf = (db: Database): Store['targets'] => ({
  load: async ({ service, environment }) => {
    const { rows } = await db.query<Row>(
      'SELECT state FROM targets WHERE service = $1 AND environment = $2',
      [service, environment],
    );
    const state = rows[0]?.state;
    const why = state && tooNew(state);
    if (why !== undefined) throw new ShipwayError('target.newer', why);
    return state;
  },
  save: async (state) => {
    await db.query(
      `INSERT INTO targets (service, environment, state) VALUES ($1, $2, $3)
       ON CONFLICT (service, environment) DO UPDATE SET state = excluded.state, saved_at = now()`,
      [state.service, state.environment, JSON.stringify(state)],
    );
  },
  list: async (service) => {
    const { rows } = await db.query<Row>(
      'SELECT state FROM targets WHERE $1::text IS NULL OR service = $1 ORDER BY service, environment',
      [service ?? null],
    );
    return rows.map((r) => r.state);
  },
});
