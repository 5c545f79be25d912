import type { Store } from '../domain/store.js';
import type { DeployRequest, TargetAnswer } from '../domain/target.js';
import type { Database } from './pool.js';
import { keyOf } from './text.js';

interface Row {
  readonly body: DeployRequest;
  readonly answer: TargetAnswer | null;
}

/** What targets were asked for, in order. The first settlement of a request stays. */
export const requestsOf = (db: Database): Store['requests'] => ({
  note: async (request) => {
    await db.query(
      'INSERT INTO requests (service, environment, request_id, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [request.service, request.environment, keyOf(request.requestId), JSON.stringify(request)],
    );
  },
  settle: async ({ service, environment }, requestId, answer) => {
    await db.query(
      `INSERT INTO requests AS r (service, environment, request_id, answer, settled_at) VALUES ($1, $2, $3, $4, now())
       ON CONFLICT (service, environment, request_id)
       DO UPDATE SET answer = excluded.answer, settled_at = excluded.settled_at WHERE r.settled_at IS NULL`,
      [service, environment, keyOf(requestId), JSON.stringify(answer)],
    );
  },
  answer: async ({ service, environment }, requestId) => {
    const { rows } = await db.query<Row>(
      'SELECT answer FROM requests WHERE service = $1 AND environment = $2 AND request_id = $3',
      [service, environment, keyOf(requestId)],
    );
    return rows[0]?.answer ?? undefined;
  },
  waiting: async ({ service, environment }) => {
    const { rows } = await db.query<Row>(
      'SELECT body FROM requests WHERE service = $1 AND environment = $2 AND settled_at IS NULL ORDER BY seq',
      [service, environment],
    );
    return rows.map((r) => r.body);
  },
});
