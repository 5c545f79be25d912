import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { formatProblems, loadPolicy } from '../config/index.js';
import { canonical } from '../domain/canonical.js';
import type { Policy } from '../domain/policy.js';
import type { Store } from '../domain/store.js';
import { ShipwayError } from '../errors.js';
import { sha256 } from '../hash.js';
import type { WorkerSettings } from '../settings.js';

/**
 * Publishes this worker's policy file to the store, where the newest accepted one rules for all workers. A file with errors is
 * refused with the reasons and the last good policy stays; without any, the worker does not start (`config.invalid`).
 */
export async function acceptPolicy(store: Store, settings: WorkerSettings, log: Logger): Promise<void> {
  const loaded = await loadPolicy(settings.policyFile);
  const last = await store.policy.current();
  if (!loaded.ok) {
    const why = formatProblems(loaded.problems);
    if (last === undefined) throw new ShipwayError('config.invalid', `no policy to work by:\n${why}`);
    log.error(
      { problems: loaded.problems.length, rules: last.hash },
      `the policy file is refused, the last good policy stays:\n${why}`,
    );
    return;
  }
  const text = canonical(loaded.value);
  const hash = sha256(text);
  if (last?.hash === hash) return;
  await store.policy.publish({ hash, text, acceptedAt: new Date().toISOString(), worker: hostname() });
  log.info({ policy: hash }, 'policy published');
}

/** The policy that rules now, read from the store at every decision. Fails with `store.unavailable`. */
export const currentPolicy = (store: Store) => async (): Promise<Policy> => {
  const row = await store.policy.current();
  if (row === undefined) throw new ShipwayError('policy.refused', 'no policy has been accepted yet');
  return JSON.parse(row.text) as Policy;
};
