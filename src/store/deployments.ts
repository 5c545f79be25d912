import type { TargetRef } from '../domain/ids.js';
import type { DeploymentRow, Store } from '../domain/store.js';
import { ShipwayError } from '../errors.js';
import type { Database } from './pool.js';
import { keyOf } from './text.js';

interface Row {
  readonly body: DeploymentRow;
  readonly ending: Partial<DeploymentRow> | null;
}
type Deployments = Store['deployments'];
const PAGE = 100;

/** Starting twice is once, and the first end stays. Finishing what was never started is `internal.bug`. */
export const deploymentsOf = (db: Database): Deployments => ({
  start: async (row) => {
    await db.query(
      `INSERT INTO deployments (id, service, environment, n, request_id, started_at, body)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
      [row.id, row.service, row.environment, row.n, keyOf(row.requestId), row.startedAt, JSON.stringify(row)],
    );
  },
  finish: async (id, { endedAt, outcome, reason }) => {
    const ending = JSON.stringify({ endedAt, outcome, reason });
    const done = await db.query('UPDATE deployments SET ending = coalesce(ending, $2) WHERE id = $1', [
      keyOf(id),
      ending,
    ]);
    if (done.rowCount === 0)
      throw new ShipwayError('internal.bug', `${id} can't be finished: the store has no such deployment`);
  },
  find: async (id) => first(await db.query<Row>(`${SELECT} WHERE id = $1`, [keyOf(id)])),
  findByRequest: async ({ service, environment }, requestId) =>
    first(
      await db.query<Row>(
        `${SELECT} WHERE service = $1 AND environment = $2 AND request_id = $3 ${NEWEST} LIMIT 1`,
        [service, environment, keyOf(requestId)],
      ),
    ),
  list: (filter) => list(db, filter),
  open: (target) => open(db, target),
});

const SELECT = 'SELECT body, ending FROM deployments';
const NEWEST = 'ORDER BY started_at DESC, n DESC';
const rowOf = ({ body, ending }: Row): DeploymentRow => ({ ...body, ...ending });
const first = ({ rows: [row] }: { rows: Row[] }): DeploymentRow | undefined =>
  row === undefined ? undefined : rowOf(row);

async function list(
  db: Database,
  filter: Parameters<Deployments['list']>[0],
): Promise<readonly DeploymentRow[]> {
  const { rows } = await db.query<Row>(
    `${SELECT}
     WHERE ($1::text IS NULL OR service = $1)
       AND ($2::text IS NULL OR environment = $2)
       AND ($3::float8 IS NULL OR started_at >= now() - $3 * interval '1 day')
     ${NEWEST} LIMIT $4`,
    [filter.service ?? null, filter.environment ?? null, filter.sinceDays ?? null, filter.limit ?? PAGE],
  );
  return rows.map(rowOf);
}

async function open(db: Database, target: TargetRef): Promise<readonly DeploymentRow[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} WHERE service = $1 AND environment = $2 AND ending IS NULL ORDER BY n`,
    [target.service, target.environment],
  );
  return rows.map(rowOf);
}
