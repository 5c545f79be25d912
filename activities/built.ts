import type { Built } from '../src/domain/inputs.js';
import type { Plan } from '../src/domain/plan.js';
import { evidenceOf } from '../src/domain/releases.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';

/**
 * What a plan ships of earlier runs: the release as it was built of the plan's commit, under the plan's version, with all that any run has
 * found out about it. `undefined` for a plan that builds its own. Fails with `release.unknown`, `plan.mismatch`.
 */
export async function builtFor(
  { releases }: Pick<ControlDeps['store'], 'releases'>,
  { service, version, commit, release: digest, stages }: Plan,
): Promise<Built | undefined> {
  if (digest === undefined) {
    const stage = stages.find(({ reused }) => reused !== undefined);
    if (stage === undefined) return undefined;
    throw new ShipwayError(
      'plan.mismatch',
      `the plan leaves ${stage.name} to run ${stage.reused ?? ''} and names no release`,
    );
  }
  const rows = await releases.list({ service, commit, digest });
  const [newest] = rows;
  if (newest === undefined)
    throw new ShipwayError(
      'release.unknown',
      `${service} has no release ${digest.slice(0, 12)} of commit ${commit.slice(0, 12)}`,
    );
  return { release: { ...newest.release, version }, evidence: evidenceOf(rows) };
}
