import type { Digest } from '../domain/release.js';
import type { KeptRuns, Old, OldPage } from '../domain/old.js';
import type { Database } from './pool.js';

/** Statements have seconds: what may be much is read in pages, and removed a name at a time. A release that was of use in between stays. */
export const oldOf = (db: Database): Old => ({
  logs: (page) => rowsOf(db, LOGS, page),
  removeLogs: async (runs) => {
    for (const run of runs) await db.query('DELETE FROM log_chunks WHERE run = $1', [run]);
  },
  samples: (page) => rowsOf(db, SAMPLES, page),
  removeSamples: async (deployments) => {
    for (const one of deployments) await db.query('DELETE FROM samples WHERE deployment = $1', [one]);
  },
  releases: (page) => rowsOf(db, RELEASES, page),
  removeReleases: async (releases, before) => {
    const names = [releases.map(({ service }) => service), releases.map(({ digest }) => digest)];
    await db.query(REMOVE_RELEASES, [...names, before]);
  },
  messages: (page) => rowsOf(db, MESSAGES, page),
  removeMessages: async (ids) => {
    await db.query('DELETE FROM outbox WHERE id = ANY($1)', [ids]);
  },
  named: (runs) => named(db, runs),
  evidence: async ({ before, open }) => {
    const { rows } = await db.query<{ digest: string }>(EVIDENCE, [before, open]);
    return rows.map(({ digest }) => digest);
  },
  logged: async (digests) => {
    const { rows } = await db.query<{ digest: string }>(
      'SELECT DISTINCT digest FROM log_chunks WHERE digest = ANY($1)',
      [digests],
    );
    return rows.map(({ digest }) => digest);
  },
});

async function rowsOf<Row extends object>(
  db: Database,
  sql: string,
  { before, after = '', limit }: OldPage,
): Promise<readonly Row[]> {
  return (await db.query<Row>(sql, [before, after, limit])).rows;
}

/** What a run has found, in whatever stage: kept with what the stages said. */
const FOUND = `jsonb_path_query_array(ended::jsonb, '$.**.evidence[*]')`;
const WITH_OUTPUT = "EXISTS (SELECT FROM log_chunks l WHERE l.run = runs.body->>'run')";

const EVIDENCE = `SELECT DISTINCT e->>'digest' AS digest FROM (
  SELECT evidence::jsonb AS all_found FROM releases
  UNION ALL SELECT ${FOUND} FROM runs
  WHERE ended IS NOT NULL AND (admitted_at >= $1 OR pipeline = ANY($2) OR ${WITH_OUTPUT})
) AS kept, jsonb_array_elements(all_found) AS e
WHERE e->>'kind' IN ('junit', 'coverage', 'sarif')`;

const LOGS = `SELECT run, count(*)::integer AS chunks FROM log_chunks c
WHERE run > $2 AND created_at < $1
  AND NOT EXISTS (SELECT FROM log_chunks l WHERE l.run = c.run AND l.created_at >= $1)
GROUP BY run ORDER BY run LIMIT $3`;

const SAMPLES = `SELECT deployment, count(*)::integer AS samples FROM samples s
WHERE deployment > $2 AND at < $1
  AND NOT EXISTS (SELECT FROM samples l WHERE l.deployment = s.deployment AND l.at >= $1)
GROUP BY deployment ORDER BY deployment LIMIT $3`;

const RELEASES = `WITH used AS (
  SELECT d.service, v.digest FROM deployments d
  CROSS JOIN LATERAL (VALUES (d.body->'release'->>'digest'), (d.body->'replaces'->>'digest')) AS v (digest)
  WHERE d.ending IS NULL OR (d.ending->>'endedAt')::timestamptz >= $1)
SELECT service, digest, array_agg(DISTINCT run) AS runs FROM releases r
WHERE service || '/' || digest > $2
  AND NOT EXISTS (SELECT FROM used u WHERE u.service = r.service AND u.digest = r.digest)
GROUP BY service, digest HAVING max(created_at) < $1
ORDER BY service || '/' || digest LIMIT $3`;

const MESSAGES = `SELECT id FROM outbox
WHERE id > $2 AND changed_at < $1 AND state NOT IN ('waiting', 'sending') ORDER BY id LIMIT $3`;

const REMOVE_RELEASES = `DELETE FROM releases r USING unnest($1::text[], $2::text[]) AS gone (service, digest)
WHERE r.service = gone.service AND r.digest = gone.digest
  AND NOT EXISTS (
    SELECT FROM releases l WHERE l.service = r.service AND l.digest = r.digest AND l.created_at >= $3)`;

/** Rows that are kept, by what orders them, and their text. */
const KEPT: readonly (readonly [order: string, type: 'bigint' | 'text', text: string, from: string])[] = [
  ['id', 'bigint', 'release::text || evidence::text', 'releases WHERE true'],
  ["service || '/' || environment", 'text', 'state::text', 'targets WHERE true'],
  ['id', 'text', 'body::text', 'deployments WHERE ending IS NULL'],
  ['seq', 'bigint', "coalesce(body::text, '')", 'requests WHERE settled_at IS NULL'],
  [
    'pipeline',
    'text',
    "body::text || coalesce(ended::text, '')",
    'runs WHERE (admitted_at >= $3 OR pipeline = ANY($4))',
  ],
  ['pipeline', 'text', `${FOUND}::text`, `runs WHERE ended IS NOT NULL AND ${WITH_OUTPUT}`],
];
const PAGE = 200;

/** Whatever looks like a digest in a row that is kept is one: a field that comes later cannot be forgotten here. */
async function named(db: Database, { before, open }: KeptRuns): Promise<readonly Digest[]> {
  const digests = new Set<Digest>();
  for (const [order, type, text, from] of KEPT) {
    const asked = from.includes('$3') ? [before, open] : [];
    for (let after: string | null = null; ;) {
      const { rows }: { rows: { at: string; digests: string[] }[] } = await db.query(
        `SELECT (${order})::text AS at, ARRAY(SELECT m[1] FROM regexp_matches(${text}, '"([0-9a-f]{64})"', 'g') AS m) AS digests
         FROM ${from} AND ($1::${type} IS NULL OR ${order} > $1::${type})
         ORDER BY ${order} LIMIT $2`,
        [after, PAGE, ...asked],
      );
      for (const row of rows) for (const digest of row.digests) digests.add(digest);
      after = rows.at(-1)?.at ?? null;
      if (rows.length < PAGE || after === null) break;
    }
  }
  return [...digests];
}
