import type { Store } from '../domain/store.js';
import type { Database } from './pool.js';
import { keyOf } from './text.js';

/** The first message to claim a nonce has it for good; claiming waits for a claim that is being made at the same moment. */
export const noncesOf = (db: Database): Store['nonces'] => ({
  claim: async (nonce, workflow, message) => {
    const values = [keyOf(nonce), keyOf(workflow), keyOf(message)];
    const claimed = await db.query(
      'INSERT INTO nonces (nonce, workflow, message) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      values,
    );
    if (claimed.rowCount === 1) return 'claimed';
    return (await has(db, values)) ? 'same' : 'taken';
  },
  has: (nonce, workflow, message) => has(db, [keyOf(nonce), keyOf(workflow), keyOf(message)]),
});

async function has(db: Database, values: readonly string[]): Promise<boolean> {
  const same = await db.query(
    'SELECT FROM nonces WHERE nonce = $1 AND workflow = $2 AND message = $3',
    values,
  );
  return same.rowCount === 1;
}
