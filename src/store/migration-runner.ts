import { escapeIdentifier, type Client } from 'pg';
import { UsageError } from '../errors.js';
import { underLock } from './lock.js';
import { readMigrations, type Migration } from './migration-files.js';

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

/**
 * Applies the migrations that the database lacks, each in one transaction with its row in `schema_version`: one that fails leaves
 * nothing behind. Migrators take turns. Safe to repeat. Fails with `UsageError` when what was applied is not what the files say,
 * and with `store.unavailable` when the database does not answer or another migrator does not finish in time.
 */
export async function runMigrations(options: MigrateOptions): Promise<Migrated> {
  const migrations = await readMigrations(options.directory);
  const { url, schema, lockTimeoutMs: timeoutMs } = options;
  const lock = { url, name: `${schema}.schema_version`, holder: 'another migrator' };
  return underLock({ ...lock, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, (client) =>
    apply(client, migrations, schema),
  );
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
