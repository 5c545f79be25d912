import type { Store } from '../domain/store.js';
import { tooNew, type TargetState } from '../domain/target.js';
import { ShipwayError } from '../errors.js';
import type { Database } from './pool.js';

interface Row {
  readonly state: Omit<TargetState, 'revision'>;
  /** A bigint comes as text. */
  readonly revision: string;
}
const stateOf = ({ state, revision }: Row): TargetState => ({ ...state, revision: Number(revision) });

export const targetsOf = (db: Database): Store['targets'] => ({
  load: async ({ service, environment }) => {
    const { rows } = await db.query<Row>(
      'SELECT state, revision FROM targets WHERE service = $1 AND environment = $2',
      [service, environment],
    );
    const [state] = rows.map(stateOf);
    const why = state && tooNew(state);
    if (why !== undefined) throw new ShipwayError('target.newer', why);
    return state;
  },
  save: async ({ revision, ...state }) => {
    const { service, environment, live } = state;
    const values = [service, environment, JSON.stringify(state), live?.deployment ?? null];
    const saved =
      revision === 0
        ? await db.query(
            `INSERT INTO targets (service, environment, state, live_deployment)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
            values,
          )
        : await db.query(
            `UPDATE targets SET state = $3, live_deployment = $4, revision = revision + 1, saved_at = now()
             WHERE service = $1 AND environment = $2 AND revision = $5`,
            [...values, revision],
          );
    return saved.rowCount === 1;
  },
  list: async (service) => {
    const { rows } = await db.query<Row>(
      'SELECT state, revision FROM targets WHERE $1::text IS NULL OR service = $1 ORDER BY service, environment',
      [service ?? null],
    );
    return rows.map(stateOf);
  },
});
