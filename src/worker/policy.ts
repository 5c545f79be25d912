import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { formatProblems, loadPolicy } from '../config/index.js';
import { canonical } from '../domain/canonical.js';
import type { Policy } from '../domain/policy.js';
import type { Store } from '../domain/store.js';
import { ShipwayError, UsageError } from '../errors.js';
import { sha256 } from '../hash.js';
import type { WorkerSettings } from '../settings.js';

type Asked = Pick<WorkerSettings, 'policyFile' | 'publishPolicy'>;

/**
 * Publishes this worker's policy file to the store, where the newest accepted one rules for all workers. A file with errors, or none,
 * is refused with the reasons and the last good policy stays; without any the worker does not start (`config.invalid`, `UsageError`).
 * So is one that ruled before the present one, unless that is asked for: a worker that comes up again with what it was once given must
 * not bring old rules back. Gives what /health says of it.
 */
export async function acceptPolicy(
  store: Store,
  { policyFile, publishPolicy = false }: Asked,
  log: Logger,
): Promise<() => Promise<string>> {
  const last = await store.policy.current();
  const loaded = await read(policyFile, last !== undefined);
  if (typeof loaded === 'string') {
    if (last === undefined) throw new ShipwayError('config.invalid', `no policy to work by:\n${loaded}`);
    log.error(
      { file: policyFile, rules: last.hash },
      `the policy file is refused, the last good policy stays:\n${loaded}`,
    );
    return async () => `${await ruling(store)}; ${policyFile} is refused: ${loaded.split('\n')[0] ?? ''}`;
  }
  const text = canonical(loaded);
  const hash = sha256(text);
  if (last?.hash === hash) return () => ruling(store);
  if (!publishPolicy && (await store.policy.hasRuled(hash))) return olderFile(store, policyFile, hash, log);
  await store.policy.publish({ hash, text, acceptedAt: new Date().toISOString(), worker: hostname() });
  log.info({ policy: hash }, 'policy published');
  return () => ruling(store);
}

/** The hash of the policy in a worker's file, or what is wrong with it. */
export async function ownPolicy({ policyFile }: Pick<WorkerSettings, 'policyFile'>): Promise<string> {
  const loaded = await read(policyFile, true);
  return typeof loaded === 'string' ? (loaded.split('\n')[0] ?? '') : sha256(canonical(loaded));
}

function olderFile(store: Store, file: string, hash: string, log: Logger): () => Promise<string> {
  log.error(
    { file, policy: hash },
    'older policy file: it ruled before the one that rules now, and is not published; start a worker with --publish-policy to go back to it',
  );
  return async () => {
    const rules = (await store.policy.current())?.hash === hash;
    return `${await ruling(store)}${rules ? '' : `; ${file} is an older policy file, not published`}`;
  };
}

/** The policy, or why it is none. */
async function read(file: string, mayBeMissing: boolean): Promise<Policy | string> {
  try {
    const loaded = await loadPolicy(file);
    return loaded.ok ? loaded.value : formatProblems(loaded.problems);
  } catch (error) {
    if (mayBeMissing && error instanceof UsageError) return error.message;
    throw error;
  }
}

async function ruling(store: Store): Promise<string> {
  const { hash = 'none', acceptedAt = '' } = (await store.policy.current()) ?? {};
  return `${hash.slice(0, 12)} rules since ${acceptedAt}`;
}
