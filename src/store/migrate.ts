import { fileURLToPath } from 'node:url';
import { runMigrations, type Migrated } from './migration-runner.js';

export const MIGRATIONS = fileURLToPath(new URL('./migrations/', import.meta.url));

/** Brings shipway's own schema up to date: `migrations/` lies beside this file, in the sources and in the build. */
export const migrate = ({ url }: { readonly url: string }): Promise<Migrated> =>
  runMigrations({
    url,
    directory: MIGRATIONS,
    schema: 'shipway',
  });
