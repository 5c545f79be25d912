import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { credentials, makeClientConstructor } from '@grpc/grpc-js';
import { FLAG_SYNC, type Told } from '../../src/api/flag-sync-form.js';
import type { FlagDefinition, FlagRule } from '../../src/domain/flags.js';
import type { Share } from '../../src/domain/plan.js';
import { sql } from '../store/cluster.js';
import type { FaultLab } from './lab.js';

/** The flag that services of the fixture have, as their plan declares it. */
export const CHECKOUT = { name: 'checkout', variants: { on: true, off: false }, off: 'off' };

/** Of the users who have it on, as the database has it. */
export async function shareInStore({ databaseUrl }: FaultLab, service: string): Promise<Share> {
  const [row] = await sql(databaseUrl, `SELECT rule FROM shipway.flags WHERE service = '${service}'`);
  return (row?.['rule'] as FlagRule | null)?.shares['on'] ?? 0;
}

/** What instances are told of it by the worker that lives, over flagd's own API. */
export async function servedFlag({ stateDir }: FaultLab, service: string): Promise<FlagDefinition> {
  const port = (await readFile(join(stateDir, 'flags/port'), 'utf8')).trim();
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  try {
    // A worker that was killed a moment ago comes back to its port.
    await promisify(client.waitForReady.bind(client))(Date.now() + 30_000);
    const fetchAll = promisify((client['fetchAllFlags'] as Fetch).bind(client));
    const { flagConfiguration } = await fetchAll({ selector: `${service}/staging` });
    const { flags } = JSON.parse(flagConfiguration) as { flags: Record<string, FlagDefinition> };
    return flags[CHECKOUT.name]!;
  } finally {
    client.close();
  }
}
const Client = makeClientConstructor(FLAG_SYNC, 'flagd.sync.v1.FlagSyncService');
type Fetch = (asked: object, answer: (error: Error | null, told: Told) => void) => void;
