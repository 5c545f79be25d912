import type { DeploymentRow } from './store.js';
import type { TargetState } from './target.js';

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

export interface WayBack {
  /** The deployment whose release and configuration a rollback restores. */
  readonly chosen?: DeploymentRow;
  /** Versions that can be named, newest first. */
  readonly known: readonly string[];
}

/**
 * What there is to go back to, of a target's deployments, newest first: the newest that shipped here, is not what serves now and was not
 * held or left by a rollback since; or the version that was named.
 */
export function wayBack(
  { live, holdMarks }: TargetState,
  newestFirst: readonly DeploymentRow[],
  to: string | undefined,
): WayBack {
  const good = newestFirst.filter(
    ({ outcome, kind, release: { digest } }) =>
      outcome === 'shipped' &&
      kind !== 'recover' &&
      digest !== live?.release.digest &&
      !holdMarks.some((m) => m.digest === digest),
  );
  const left = leftByRollback(newestFirst);
  const chosen = good.find(({ release }) =>
    to === undefined ? !left.has(release.digest) : release.version === to,
  );
  const known = [...new Set(good.map((r) => r.release.version))];
  return { known, ...(chosen === undefined ? {} : { chosen }) };
}
