import { unknownFlag, type FlagDeclaration, type FlagRule, type FlagState } from '../domain/flags.js';
import type { FlagStore } from '../domain/ports.js';
import type { DeploymentRow } from '../domain/store.js';
import { ShipwayError } from '../errors.js';
import type { Database } from './pool.js';

interface Row {
  readonly declaration: FlagDeclaration;
  readonly version: string;
  readonly rule: FlagRule | null;
  readonly set_by: string | null;
  readonly set_at: Date | null;
  /** What serves, in the first row alone: it is whole plans, and the same for all. */
  readonly live: Pick<DeploymentRow, 'release' | 'plan'> | null;
}

const LIST = `
  SELECT f.declaration, f.version, f.rule, f.set_by, f.set_at,
    CASE WHEN row_number() OVER (ORDER BY f.name COLLATE "C") = 1 THEN live.body END AS live
  FROM flags f
  LEFT JOIN targets t ON t.service = f.service AND t.environment = f.environment
  LEFT JOIN deployments live ON live.id = t.live_deployment
  WHERE f.service = $1 AND f.environment = $2 ORDER BY f.name COLLATE "C"`;

/** A statement that has been sent is not called back: it ends in the pool's own time. */
export const flagsOf = (db: Database): FlagStore => ({
  list: async ({ service, environment }, signal) => {
    signal.throwIfAborted();
    const { rows } = await db.query<Row>(LIST, [service, environment]);
    const live = rows[0]?.live ?? null;
    return rows.map((row) => stateOf({ ...row, live }));
  },
  declare: async ({ service, environment }, { version, flags }, signal) => {
    signal.throwIfAborted();
    if (flags.length === 0) return;
    await db.query(
      `INSERT INTO flags (service, environment, name, version, declaration)
       SELECT $1, $2, f->>'name', $3, f FROM json_array_elements($4::json) AS f
       ON CONFLICT (service, environment, name)
       DO UPDATE SET version = excluded.version, declaration = excluded.declaration`,
      [service, environment, version, JSON.stringify(flags)],
    );
  },
  set: async (target, { name, rule, by }, signal) => {
    signal.throwIfAborted();
    const { rowCount } = await db.query(
      `UPDATE flags SET rule = $4, set_by = $5, set_at = now()
       WHERE service = $1 AND environment = $2 AND name = $3`,
      [target.service, target.environment, name, rule === undefined ? null : JSON.stringify(rule), by],
    );
    if (rowCount !== 1) throw new ShipwayError('flag.unknown', unknownFlag(target, name));
  },
  revision: async (signal) => {
    signal.throwIfAborted();
    const { rows } = await db.query<{ readonly revision: string }>('SELECT revision FROM flag_changes');
    return Number(rows[0]?.revision ?? 0);
  },
});

/** Of a flag that the live release declares too, what that declares; of any other what was declared last. */
function stateOf({ declaration, version, rule, set_by: by, set_at: at, live }: Row): FlagState {
  const own = live?.plan.flags?.find(({ name }) => name === declaration.name);
  return {
    ...(own === undefined || live === null
      ? { declaration, version }
      : { declaration: own, version: live.release.version }),
    ...(rule === null ? {} : { rule }),
    ...(by === null || at === null ? {} : { set: { by, at: at.toISOString() } }),
  };
}
