import type { DeploymentRow, Store } from '../src/domain/store.js';
import type { TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';

/** Releases that a rollback has left and nobody has shipped since: going back twice goes back further, not to and fro. */
function leftByRollback(newestFirst: readonly DeploymentRow[]): Set<string> {
  const left = new Set<string>();
  for (const row of [...newestFirst].reverse()) {
    if (row.outcome !== 'shipped') continue;
    if (row.kind === 'rollback' && row.replaces !== undefined) left.add(row.replaces.digest);
    left.delete(row.release.digest);
  }
  return left;
}

/**
 * The deployment whose release and configuration a rollback restores: the newest that shipped here, is not what serves now and was not
 * held or left by a rollback since; or the version that was named. Fails with `rollback.impossible`, saying what there is.
 */
export async function newestGood(
  store: Pick<Store, 'deployments'>,
  state: TargetState,
  to: string | undefined,
): Promise<DeploymentRow> {
  const { service, environment, live } = state;
  const rows = await store.deployments.list({ service, environment, limit: 200 });
  const good = rows.filter(
    (r) =>
      r.outcome === 'shipped' &&
      r.kind !== 'recover' &&
      r.release.digest !== live?.release.digest &&
      !state.holdMarks.some((m) => m.digest === r.release.digest),
  );
  const left = leftByRollback(rows);
  const chosen =
    to === undefined
      ? good.find((r) => !left.has(r.release.digest))
      : good.find((r) => r.release.version === to);
  if (chosen !== undefined) return chosen;
  const known = [...new Set(good.map((r) => r.release.version))].join(', ') || 'none';
  throw new ShipwayError(
    'rollback.impossible',
    `${service} in ${environment} has no known good release${to === undefined ? ' before the live one' : ` ${to}`}; known good beside the live one: ${known}`,
  );
}
