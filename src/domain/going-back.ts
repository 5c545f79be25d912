import { canonical } from './canonical.js';
import type { LeftOn } from './flags.js';
import type { Configuration, DeploymentPlan } from './plan.js';
import type { Digest } from './release.js';
import type { DeploymentRow } from './store.js';
import { markOn, type TargetState } from './target.js';

/** A release with a configuration: either alone may have been what was bad. */
const servedAs = (digest: Digest, configuration: Configuration): string =>
  `${digest} ${canonical(configuration)}`;
const asShipped = ({ release, plan }: DeploymentRow): string => servedAs(release.digest, plan.configuration);

/** The plan that what a deployment shipped was configured with: a rollback's own has besides how users went back that one time. */
export const asConfigured = (row: DeploymentRow, newestFirst: readonly DeploymentRow[]): DeploymentPlan =>
  row.kind === 'deploy'
    ? row.plan
    : (
        newestFirst.find(
          (one) => one.kind === 'deploy' && one.outcome === 'shipped' && asShipped(one) === asShipped(row),
        ) ?? row
      ).plan;

/** What later deployments than the one that is gone back to may have turned on: it has never served with that. */
export const leftOnSince = ({ n }: DeploymentRow, newestFirst: readonly DeploymentRow[]): readonly LeftOn[] =>
  newestFirst.flatMap(({ id, kind, outcome, plan: { strategy }, n: later }) =>
    later > n && kind === 'deploy' && outcome !== 'failed' && strategy.kind === 'feature_flag'
      ? [{ flag: strategy.flag, by: id }]
      : [],
  );

/** What a rollback has left and nobody has shipped since: going back twice goes back further, not to and fro. */
function leftByRollback(newestFirst: readonly DeploymentRow[]): Set<string> {
  const left = new Set<string>();
  let serving: string | undefined;
  for (const row of newestFirst.filter(({ outcome }) => outcome === 'shipped').reverse()) {
    if (row.kind === 'rollback' && serving !== undefined) left.add(serving);
    serving = asShipped(row);
    left.delete(serving);
  }
  return left;
}

/** Deployments of a target, newest first, among which there is a way back. */
export const LOOKED_AT = 200;

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
  const present = live === undefined ? undefined : servedAs(live.release.digest, live.configuration);
  const good = newestFirst.filter(
    (row) =>
      row.outcome === 'shipped' &&
      row.kind !== 'recover' &&
      asShipped(row) !== present &&
      markOn(holdMarks, row.release.digest, row.plan.configuration) === undefined,
  );
  const left = leftByRollback(newestFirst);
  const chosen = good.find((row) =>
    to === undefined ? !left.has(asShipped(row)) : row.release.version === to,
  );
  const known = [...new Set(good.map((r) => r.release.version))];
  return { known, ...(chosen === undefined ? {} : { chosen }) };
}
