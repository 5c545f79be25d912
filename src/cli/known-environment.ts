import { apiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import type { ConnectionSettings } from '../connection.js';
import { FAILURES } from '../domain/failures.js';
import type { TargetRef } from '../domain/ids.js';

/** Going back does not wait for an API that is slow. */
const ANSWER_MS = 1_000;

/**
 * Refuses an environment that neither the policy names nor the service has a target in, and says which was perhaps meant. When the
 * API does not answer nothing is known, and whoever gets the request decides.
 */
export async function refuseUnknownEnvironment(
  settings: ConnectionSettings,
  { service, environment }: TargetRef,
): Promise<void> {
  const known = await environmentsOf(settings, service);
  if (known === undefined || known.includes(environment)) return;
  const { alternative } = await import('../config/alternative.js');
  const { exit, next } = FAILURES['policy.unknown_environment'];
  throw new CommandError(
    `the policy names no environment ${JSON.stringify(environment)}, and ${service} is in none of that name`,
    known.length === 0 ? next : `--environment with ${alternative(environment, known)}`,
    exit,
    undefined,
    'refused',
  );
}

async function environmentsOf(
  settings: ConnectionSettings,
  service: string,
): Promise<readonly string[] | undefined> {
  const api = apiClient(settings, ANSWER_MS);
  try {
    const [{ policy }, targets] = await Promise.all([api.policy(), api.targets(service)]);
    return [...new Set([...Object.keys(policy.environments), ...targets.map((t) => t.environment)])];
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}
