import { deploymentPrefix, type TargetRef } from '../domain/ids.js';
import type { DeploymentRow, Store } from '../domain/store.js';
import { ShipwayError } from '../errors.js';
import { rowOf as auditRowOf } from './audit.js';
import type { Database } from './pool.js';
import { keyOf } from './text.js';

interface Row {
  readonly body: DeploymentRow;
  readonly ending: Partial<DeploymentRow> | null;
}
type Deployments = Store['deployments'];
const PAGE = 100;

/** The first end stays. Finishing what was never admitted is `internal.bug`. */
export const deploymentsOf = (db: Database): Deployments => ({
  admit: (admission) => admit(db, admission),
  lastNumber: (target) => lastNumber(db, target),
  finish: async (id, { endedAt, outcome, reason, failure }) => {
    const ending = JSON.stringify({ endedAt, outcome, reason, failure });
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
       AND ($5::text IS NULL OR body->>'run' = $5)
       AND ($6::text IS NULL OR id = $6)
     ${NEWEST} LIMIT $4`,
    [
      ...[filter.service ?? null, filter.environment ?? null, filter.sinceDays ?? null],
      ...[filter.limit ?? PAGE, filter.run ?? null, filter.id === undefined ? null : keyOf(filter.id)],
    ],
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

async function admit(
  db: Database,
  { row, permit, state: { revision, ...state }, entries }: Parameters<Deployments['admit']>[0],
): Promise<boolean> {
  const { id, service, environment, n, requestId, startedAt } = row;
  const admission = {
    ...{ id, service, environment, n, request_id: keyOf(requestId), started_at: startedAt, body: row },
    ...{ permit, state, revision },
  };
  const { rows } = await db.query<{ ok: boolean }>('SELECT admit_deployment($1, $2) AS ok', [
    JSON.stringify(admission),
    JSON.stringify(entries.map(auditRowOf)),
  ]);
  return rows[0]?.ok === true;
}

async function lastNumber(db: Database, target: TargetRef): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `SELECT greatest(
       (SELECT max(n) FROM deployments WHERE service = $1 AND environment = $2),
       (SELECT max(substring(deployment FROM length($3) + 1)::integer) FROM permits
        WHERE starts_with(deployment, $3) AND substring(deployment FROM length($3) + 1) ~ '^[0-9]{1,9}$'),
       0) AS n`,
    [target.service, target.environment, deploymentPrefix(target)],
  );
  return rows[0]?.n ?? 0;
}
