import type { Store } from '../domain/store.js';
import { auditOf } from './audit.js';
import { deploymentsOf } from './deployments.js';
import { flagsOf } from './flags.js';
import { look } from './look.js';
import { logsOf } from './logs.js';
import { noncesOf } from './nonces.js';
import { oldOf } from './old.js';
import { outboxOf } from './outbox.js';
import { permitsOf } from './permits.js';
import { policyOf } from './policy.js';
import { openPool, type StoreRole } from './pool.js';
import { releasesOf } from './releases.js';
import { requestsOf } from './requests.js';
import { runsOf } from './runs.js';
import { samplesOf } from './samples.js';
import { targetsOf } from './targets.js';

/**
 * Opens a migrated store. Every connection works as `role`, whatever the login may do otherwise.
 * Fails with `store.unavailable` when the database does not answer; an open store survives that and works again afterwards.
 */
export async function openStore({
  url,
  role = 'shipway_writer',
}: {
  readonly url: string;
  readonly role?: StoreRole;
}): Promise<Store> {
  const db = openPool({ url, role });
  const store: Store = {
    audit: auditOf(db),
    permits: permitsOf(db),
    nonces: noncesOf(db),
    releases: releasesOf(db),
    targets: targetsOf(db),
    deployments: deploymentsOf(db),
    runs: runsOf(db),
    requests: requestsOf(db),
    samples: samplesOf(db),
    policy: policyOf(db),
    logs: logsOf(db),
    outbox: outboxOf(db),
    flags: flagsOf(db),
    old: oldOf(db),
    look: () => look(db),
    close: () => db.close(),
  };
  try {
    await store.policy.current();
    return store;
  } catch (error) {
    await db.close();
    throw error;
  }
}
