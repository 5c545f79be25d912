import type { Store } from '../domain/store.js';
import { readMigrations } from './migration-files.js';
import { MIGRATIONS } from './migrate.js';
import type { Database } from './pool.js';

/** A reader of the schema's version needs no more than the schema's name. */
export async function look(db: Database): ReturnType<Store['look']> {
  const { rows } = await db.query<{ now: Date; schema: number }>(
    'SELECT now() AS now, (SELECT max(version) FROM schema_version) AS schema',
  );
  const [row] = rows;
  const own = (await readMigrations(MIGRATIONS)).length;
  return { now: (row?.now ?? new Date(0)).toISOString(), schema: row?.schema ?? 0, own };
}
