import type { Digest } from '../domain/release.js';
import type { Store } from '../domain/store.js';
import type { Database } from './pool.js';
import { sharedRead } from './shared-read.js';

interface Row {
  readonly hash: Digest;
  readonly text: string;
  readonly accepted_at: string;
  readonly worker: string;
}

/** Every policy that ever ruled stays. Publishing the one that rules already changes nothing. */
export const policyOf = (db: Database): Store['policy'] => ({
  publish: async ({ hash, text, acceptedAt, worker }) => {
    await db.query(
      `INSERT INTO policies (hash, text, accepted_at, worker)
       SELECT $1, $2, $3, $4
       WHERE $1 IS DISTINCT FROM (SELECT hash FROM policies ORDER BY id DESC LIMIT 1)`,
      [hash, text, acceptedAt, worker],
    );
  },
  hasRuled: async (hash) => {
    const { rows } = await db.query('SELECT FROM policies WHERE hash = $1 LIMIT 1', [hash]);
    return rows.length > 0;
  },
  current: sharedRead(async () => {
    const { rows } = await db.query<Row>(
      'SELECT hash, text, accepted_at, worker FROM policies ORDER BY id DESC LIMIT 1',
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const { accepted_at, ...rest } = row;
    return { ...rest, acceptedAt: accepted_at };
  }),
});
