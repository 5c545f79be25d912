import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { ShipwayError, UsageError } from '../errors.js';
import { readMigrations, type Migration } from './migration-files.js';
import { asUnavailable } from './unavailable.js';

export interface Migrated {
  /** What was applied now, in order. */
  readonly applied: readonly string[];
  /** What the database has beyond these files: a newer version of the program was here. That is fine. */
  readonly ahead: readonly string[];
}
export interface MigrateOptions {
  readonly url: string;
  /** Folder of `NNNN_name.sql` files. */
  readonly directory: string;
  /** Where `schema_version` is kept and unqualified names lead; made when it is missing. */
  readonly schema: string;
  /** How long to wait for another migrator. */
  readonly lockTimeoutMs?: number;
}
interface Applied {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}
const LOCK_TIMEOUT_MS = 60_000;
const LOCK_POLL_MS = 100;
const CONNECT_MS = 2_000;

/**
 * Applies the migrations that the database lacks, each in one transaction with its row in `schema_version`: one that fails leaves
 * nothing behind. Migrators take turns. Safe to repeat. Fails with `UsageError` when what was applied is not what the files say,
 * and with `store.unavailable` when the database does not answer or another migrator does not finish in time.
 */
export async function runMigrations(options: MigrateOptions): Promise<Migrated> {
  const migrations = await readMigrations(options.directory);
  const client = new Client({ connectionString: options.url, connectionTimeoutMillis: CONNECT_MS });
  let lost: unknown;
  client.on('error', (error) => (lost = error));
  try {
    await client.connect();
    await lock(client, options);
    return await apply(client, migrations, options.schema);
  } catch (error) {
    throw asUnavailable(lost ?? error);
  } finally {
    await client.end();
  }
}

/** A loop of tries and not one long wait: a waiting migrator would hold up `CREATE INDEX CONCURRENTLY` of the one it waits for. */
async function lock(
  client: Client,
  { schema, lockTimeoutMs = LOCK_TIMEOUT_MS }: MigrateOptions,
): Promise<void> {
  const until = Date.now() + lockTimeoutMs;
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine',
      [`${schema}.schema_version`],
    );
    if (rows[0]?.mine === true) return;
    if (Date.now() > until)
      throw new ShipwayError(
        'store.unavailable',
        `another migrator has not finished for ${String(lockTimeoutMs / 1000)} s`,
      );
    await sleep(LOCK_POLL_MS);
  }
}

async function apply(client: Client, migrations: readonly Migration[], schema: string): Promise<Migrated> {
  const name = escapeIdentifier(schema);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${name}`);
  await client.query(`SET search_path = ${name}`);
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_version (
       version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  const { rows: applied } = await client.query<Applied>(
    'SELECT version, name, checksum FROM schema_version ORDER BY version',
  );
  compare(applied, migrations);
  const missing = migrations.slice(applied.length);
  for (const migration of missing) await applyOne(client, migration);
  return {
    applied: missing.map((m) => m.name),
    ahead: applied.slice(migrations.length).map((a) => a.name),
  };
}

function compare(applied: readonly Applied[], migrations: readonly Migration[]): void {
  applied.forEach((a, i) => {
    if (a.version !== i + 1)
      throw new UsageError(
        `schema_version has ${a.name} but not migration ${String(i + 1)} before it`,
        'restore the row, or the database from a backup: somebody changed schema_version by hand',
      );
    const file = migrations[i];
    if (file === undefined || file.checksum === a.checksum) return;
    throw new UsageError(
      `${file.name} is not what was applied to this database (${a.name}, checksum ${a.checksum.slice(0, 12)}…)`,
      'put the file back as it was and make the change in a new migration',
    );
  });
}

async function applyOne(client: Client, { version, name, checksum, sql }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO schema_version (version, name, checksum) VALUES ($1, $2, $3)', [
      version,
      name,
      checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    if (!(error instanceof Error)) throw error;
    throw new Error(`migration ${name} failed and left nothing behind: ${error.message}`, { cause: error });
  }
}
