import { environmentsOf } from '../src/domain/environments.js';
import type { Plan } from '../src/domain/plan.js';
import type { DeploymentRow } from '../src/domain/store.js';
import type { DeployRequest } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';

/** Deployments of the environment before, newest first, in which it may have been taken back since. */
const LOOKED_AT = 200;

/**
 * A run that leads through several environments ships to each only what it has shipped to the one before, and what nobody took back there
 * since. Fails with `request.mismatch`, `release.taken_back`.
 */
export async function refuseOutOfOrder(
  { store }: Pick<ControlDeps, 'store'>,
  plan: Plan,
  { service, environment, release, run }: DeployRequest,
): Promise<void> {
  const environments = environmentsOf(plan);
  const before = environments[environments.indexOf(environment) - 1];
  if (before === undefined) return;
  const there = { service, environment: before };
  const own = (await store.deployments.list({ ...there, run })).find(
    (row) => row.outcome === 'shipped' && row.release.digest === release.digest,
  );
  if (own === undefined)
    throw new ShipwayError(
      'request.mismatch',
      `${run} has not shipped ${release.version} to ${before}, which comes before ${environment}`,
    );
  const since = (await store.deployments.list({ ...there, limit: LOOKED_AT })).filter(({ n }) => n > own.n);
  const last = since.find((row) => row.outcome === 'shipped' && concerns(row, release.digest));
  if (last !== undefined && last.release.digest !== release.digest)
    throw new ShipwayError(
      'release.taken_back',
      `${release.version} was taken back from ${before}, which comes before ${environment}, by ${last.id}`,
    );
}

/** It put the release there, or went back from it to another. */
const concerns = ({ kind, replaces, release }: DeploymentRow, digest: string): boolean =>
  release.digest === digest || (kind === 'rollback' && replaces?.digest === digest);
