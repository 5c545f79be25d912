import { environmentsOf } from '../src/domain/environments.js';
import type { Plan } from '../src/domain/plan.js';
import type { DeploymentRow } from '../src/domain/store.js';
import type { DeployRequest } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';

/** Deployments of the environment before, newest first, among which the run's is looked for. */
const LOOKED_AT = 200;

/**
 * A run that leads through several environments ships to each only what it has shipped to the one before, and what nobody took back there
 * since. Fails with `request.mismatch`, `release.held`.
 */
export async function refuseOutOfOrder(
  { store }: Pick<ControlDeps, 'store'>,
  plan: Plan,
  { service, environment, release, run }: DeployRequest,
): Promise<void> {
  const environments = environmentsOf(plan);
  const before = environments[environments.indexOf(environment) - 1];
  if (before === undefined) return;
  const rows = await store.deployments.list({ service, environment: before, limit: LOOKED_AT });
  const shipped = rows.findIndex(
    (row) => row.run === run && row.outcome === 'shipped' && row.release.digest === release.digest,
  );
  if (shipped < 0)
    throw new ShipwayError(
      'request.mismatch',
      `${run} has not shipped ${release.version} to ${before}, which comes before ${environment}`,
    );
  const back = rows.slice(0, shipped).find((row) => takesBack(row, release.digest));
  if (back !== undefined)
    throw new ShipwayError(
      'release.held',
      `${release.version} was taken back from ${before}, which comes before ${environment}, by ${back.id}`,
    );
}

const takesBack = ({ kind, replaces, outcome }: DeploymentRow, digest: string): boolean =>
  kind === 'rollback' && outcome === 'shipped' && replaces?.digest === digest;
