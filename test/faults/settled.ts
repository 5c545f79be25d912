import { expect } from 'vitest';
import { MESSAGES } from '../../src/domain/messages.js';
import type { Live } from '../../src/domain/target.js';
import type { TargetView } from '../../src/domain/view.js';
import { until } from '../gateway/lab.js';
import { sql } from '../store/cluster.js';
import type { FaultLab } from './lab.js';
import type { Service } from './service.js';

/** The deployment that the target is locked for. */
const lockOf = async (of: Service): Promise<string | undefined> =>
  (await of.workflow('target').query<TargetView>(MESSAGES.view)).running;

/**
 * Target's record and lock, processes, permits and deployments agree that `version` alone is there and nothing is under way, whatever
 * routes to it. Answers what is live.
 */
export async function settled(
  lab: FaultLab,
  of: Service,
  version: string,
  replicas = 1,
): Promise<Live | undefined> {
  const [instances, { live }] = [await of.instances(), await of.state()];
  expect(live?.release.version).toBe(version);
  expect(instances.map((i) => i.version)).toEqual(Array<string>(replicas).fill(version));
  const open = (table: string, ended: string) =>
    sql(
      lab.databaseUrl,
      `SELECT 1 FROM shipway.${table} WHERE ${ended} IS NULL AND ${table === 'permits' ? 'deployment' : 'id'} LIKE 'deployment/${of.name}/%'`,
    );
  expect(await open('permits', 'closed_at')).toEqual([]);
  expect(await open('deployments', 'ending')).toEqual([]);
  // It hears of a deployment's end a moment after all others.
  await until(async () => (await lockOf(of)) === undefined);
  return live;
}
