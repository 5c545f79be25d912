import type { Notice } from '../domain/notification.js';
import type { MessageRow, MessageState, Outbox } from '../domain/outbox.js';
import type { Database } from './pool.js';
import { clean, keyOf } from './text.js';

interface Row {
  readonly id: string;
  readonly channel: string;
  readonly about: string;
  readonly at_most_once: boolean;
  readonly repeats: boolean;
  readonly notice: Notice;
  readonly state: MessageState;
  readonly attempts: number;
  readonly why: string | null;
  readonly created_at: Date;
  readonly changed_at: Date;
}
const PAGE = 100;

/** Each call is one statement: a message is in one state, and two who claim at once never have the same. */
export const outboxOf = (db: Database): Outbox => ({
  put: async (messages, over) => {
    const given = messages.map(({ id, channel, about, atMostOnce, repeats, unsent, notice }) => ({
      ...{ id: keyOf(id), channel, about: keyOf(about), at_most_once: atMostOnce, repeats, notice },
      ...{ closes: notice.closes === true, state: unsent === true ? 'withdrawn' : 'waiting' },
    }));
    const kept = JSON.stringify(given, (_, v: unknown) => (typeof v === 'string' ? clean(v) : v));
    await db.query(PUT, [kept, over === undefined ? null : keyOf(over)]);
  },
  claim: async (each) => (await db.query<Row>(CLAIM, [each])).rows.map(messageOf),
  end: async ({ id, attempts }, end) => {
    const [why, afterMs] = ['why' in end ? clean(end.why) : null, 'afterMs' in end ? end.afterMs : 0];
    await db.query(END, [id, attempts, end.state, why, afterMs]);
  },
  lost: async (afterMs) => (await db.query<Row>(LOST, [afterMs])).rows.map(messageOf),
  list: async ({ states, service, environment, sinceDays, limit }) => {
    const { rows } = await db.query<Row>(LIST, [
      ...[states ?? null, service ?? null, environment ?? null, sinceDays ?? null, limit ?? PAGE],
    ]);
    return rows.map(messageOf);
  },
});

function messageOf({ at_most_once, created_at, changed_at, why, ...row }: Row): MessageRow {
  return {
    ...row,
    atMostOnce: at_most_once,
    createdAt: created_at.toISOString(),
    changedAt: changed_at.toISOString(),
    ...(why === null ? {} : { why }),
  };
}

const PUT = `WITH given AS (
  SELECT * FROM json_to_recordset($1) AS r (
    id text, channel text, about text, at_most_once boolean, repeats boolean, closes boolean, state text, notice json)),
fresh AS (
  SELECT * FROM given g
  WHERE NOT EXISTS (SELECT FROM outbox k WHERE k.id = g.id)
    AND NOT (g.repeats AND EXISTS (
      SELECT FROM (SELECT closes FROM outbox c WHERE c.about = g.about AND NOT c.repeats ORDER BY seq DESC LIMIT 1) newest
      WHERE newest.closes))),
replaced AS (
  UPDATE outbox o SET state = 'withdrawn', changed_at = now()
  WHERE o.state = 'waiting' AND NOT EXISTS (SELECT FROM given g WHERE g.id = o.id)
    AND (o.about = $2 OR EXISTS (SELECT FROM fresh f WHERE f.channel = o.channel AND f.about = o.about)))
INSERT INTO outbox (id, channel, about, at_most_once, repeats, closes, state, notice)
SELECT id, channel, about, at_most_once, repeats, closes, state, notice FROM fresh
ON CONFLICT (id) DO NOTHING`;

const COLUMNS =
  'id, channel, about, at_most_once, repeats, notice, state, attempts, why, created_at, changed_at';

const CLAIM = `UPDATE outbox SET state = 'sending', attempts = attempts + 1, changed_at = now()
WHERE seq IN (
  SELECT due.seq FROM (SELECT DISTINCT channel FROM outbox WHERE state = 'waiting' AND next_at <= now()) c, LATERAL (
    SELECT seq FROM outbox o WHERE channel = c.channel AND state = 'waiting' AND next_at <= now()
      AND NOT EXISTS (
        SELECT FROM outbox e WHERE e.about = o.about AND e.channel = o.channel AND e.seq < o.seq AND e.state = 'sending')
    ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED) due)
RETURNING ${COLUMNS}`;

/** One that would wait again while a newer one about the same is there has been replaced by it. */
const NEWER =
  'EXISTS (SELECT FROM outbox n WHERE n.about = o.about AND n.channel = o.channel AND n.seq > o.seq)';

const END = `UPDATE outbox o SET changed_at = now(), why = $4, next_at = now() + $5 * interval '1 millisecond',
  state = CASE WHEN $3 = 'waiting' AND ${NEWER} THEN 'withdrawn' ELSE $3 END
WHERE id = $1 AND attempts = $2 AND state = 'sending'`;

const OVERDUE = "state = 'sending' AND changed_at < now() - $1 * interval '1 millisecond'";

const LOST = `WITH again AS (
  UPDATE outbox o SET changed_at = now(), why = 'the worker that sent it ended meanwhile',
    state = CASE WHEN ${NEWER} THEN 'withdrawn' ELSE 'waiting' END
  WHERE ${OVERDUE} AND NOT at_most_once)
SELECT ${COLUMNS} FROM outbox WHERE ${OVERDUE} AND at_most_once`;

const LIST = `SELECT ${COLUMNS} FROM outbox
WHERE ($1::text[] IS NULL OR state = ANY($1))
  AND ($2::text IS NULL OR notice->>'service' = $2)
  AND ($3::text IS NULL OR notice->>'environment' = $3)
  AND ($4::float8 IS NULL OR created_at >= now() - $4 * interval '1 day')
ORDER BY seq DESC LIMIT $5`;
