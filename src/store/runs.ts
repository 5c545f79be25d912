import type { RunEnd, RunRow, Store } from '../domain/store.js';
import { rowOf } from './audit.js';
import type { Database } from './pool.js';
import { keyOf } from './text.js';

interface Row {
  readonly body: Omit<RunRow, 'ended'>;
  readonly ended: RunEnd | null;
}

/** A run is admitted once, in one round trip with its nonce and its audit entries. */
export const runsOf = (db: Database): Store['runs'] => ({
  admit: async ({ run, nonce, message, entries }) => {
    const claim = { nonce: keyOf(nonce), workflow: keyOf(run.pipeline), message: keyOf(message) };
    const { rows } = await db.query<{ ok: boolean }>('SELECT admit_run($1, $2, $3) AS ok', [
      JSON.stringify(claim),
      JSON.stringify(run),
      JSON.stringify(entries.map(rowOf)),
    ]);
    return rows[0]?.ok === true;
  },
  find: async (pipeline) => {
    const { rows } = await db.query<Row>('SELECT body, ended FROM runs WHERE pipeline = $1', [
      keyOf(pipeline),
    ]);
    const [row] = rows;
    return row && { ...row.body, ...(row.ended !== null && { ended: row.ended }) };
  },
  finish: async (pipeline, end) => {
    await db.query('UPDATE runs SET ended = $2 WHERE pipeline = $1', [keyOf(pipeline), JSON.stringify(end)]);
  },
});
