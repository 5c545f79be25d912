import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../domain/release.js';
import { UsageError } from '../errors.js';
import { sha256 } from '../hash.js';

export interface Migration {
  readonly version: number;
  /** `NNNN_name`, the file's name. */
  readonly name: string;
  readonly checksum: Digest;
  readonly sql: string;
}
const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/;

/** The folder's migrations in order: 1, 2, 3, … without a gap. Fails with `UsageError` naming the file that is out of place. */
export async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const files = (await readdir(directory)).filter((f) => f.endsWith('.sql')).sort();
  const migrations = await Promise.all(files.map((file) => read(directory, file)));
  migrations.forEach(({ version, name }, i) => {
    if (version === i + 1) return;
    const expected = String(i + 1).padStart(4, '0');
    throw new UsageError(
      version > i + 1
        ? `there is no migration ${expected} before ${name} in ${directory}`
        : `${name} has the number of another migration in ${directory}`,
      'number the migrations 0001, 0002, 0003, … without gaps',
    );
  });
  return migrations;
}

async function read(directory: string, file: string): Promise<Migration> {
  const version = FILE.exec(file)?.[1];
  if (version === undefined)
    throw new UsageError(
      `${join(directory, file)} is not named like a migration`,
      'name it NNNN_what_it_does.sql, in lower case',
    );
  const sql = (await readFile(join(directory, file), 'utf8')).replaceAll('\r\n', '\n');
  return { version: Number(version), name: file.slice(0, -'.sql'.length), checksum: sha256(sql), sql };
}
