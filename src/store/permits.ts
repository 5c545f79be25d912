import type { Permit } from '../domain/permit.js';
import type { Store } from '../domain/store.js';
import type { Database } from './pool.js';
import { keyOf } from './text.js';

interface Row {
  readonly body: Permit;
  readonly closed_at: string | null;
}

/** A permit is granted by admitting its deployment, and closed once. */
export const permitsOf = (db: Database): Store['permits'] => ({
  find: async (deployment) => {
    const { rows } = await db.query<Row>('SELECT body, closed_at FROM permits WHERE deployment = $1', [
      keyOf(deployment),
    ]);
    const [row] = rows;
    if (row === undefined) return undefined;
    return row.closed_at === null ? row.body : { ...row.body, closedAt: row.closed_at };
  },
  close: async (deployment, at) => {
    await db.query('UPDATE permits SET closed_at = coalesce(closed_at, $2) WHERE deployment = $1', [
      keyOf(deployment),
      at,
    ]);
  },
});
