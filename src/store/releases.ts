import { pipelineId } from '../domain/ids.js';
import type { Plan } from '../domain/plan.js';
import type { Evidence, Release } from '../domain/release.js';
import type { Store } from '../domain/store.js';
import type { Database } from './pool.js';

interface Row {
  readonly release: Release;
  readonly run: string;
  readonly evidence: readonly Evidence[];
  readonly created_at: Date;
}

const MOST = 1_000;

/** A release is kept once for each run that made or used it, with that run's evidence, which only grows. */
export const releasesOf = (db: Database): Store['releases'] => ({
  save: async (release, run, evidence) => {
    await db.query(
      `INSERT INTO releases (service, version, digest, run, release, evidence) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (service, version, digest, run) DO UPDATE SET evidence = EXCLUDED.evidence
       WHERE json_array_length(EXCLUDED.evidence) > json_array_length(releases.evidence)`,
      [
        release.service,
        release.version,
        release.digest,
        run,
        JSON.stringify(release),
        JSON.stringify(evidence),
      ],
    );
  },
  list: async ({ service, commit, digest, limit = MOST }) => {
    const { rows } = await db.query<Row>(
      `SELECT release, run, evidence, created_at FROM releases
       WHERE service = $1 AND ($2::text IS NULL OR release->>'commit' = $2) AND ($3::text IS NULL OR digest = $3)
       ORDER BY id DESC LIMIT $4`,
      [service, commit ?? null, digest ?? null, limit],
    );
    return rows.map(({ created_at, ...row }) => ({ ...row, createdAt: created_at.toISOString() }));
  },
  plans: async ({ service, commit, digest }) => {
    const { rows } = await db.query<{ plan: string }>(
      `SELECT DISTINCT (runs.body->'plan')::text AS plan FROM releases JOIN runs ON pipeline = $4 || run
       WHERE service = $1 AND release->>'commit' = $2 AND digest = $3`,
      [service, commit, digest, pipelineId(service, '')],
    );
    return rows.map(({ plan }) => JSON.parse(plan) as Plan);
  },
});
