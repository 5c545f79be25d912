import type { Built } from '../src/domain/inputs.js';
import type { Plan, StagePlan } from '../src/domain/plan.js';
import { notDone } from '../src/domain/reuse.js';
import type { Digest, Release } from '../src/domain/release.js';
import { evidenceOf } from '../src/domain/releases.js';
import type { Store } from '../src/domain/store.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';

type Deps = Pick<ControlDeps, 'store' | 'artifacts'>;

/**
 * What a plan ships of earlier runs: the release as it was built of the plan's commit, under the plan's version, with all that any run has
 * found out about it. `undefined` for a plan that builds its own. Fails with `release.unknown` when it was not built so, its artifacts are
 * gone, or a stage that is left out was not run for it.
 */
export async function builtFor(deps: Deps, plan: Plan): Promise<Built | undefined> {
  const { service, version, commit, release: digest } = plan;
  if (digest === undefined) return undefined;
  const rows = await deps.store.releases.list({ service, commit, digest });
  const [newest] = rows;
  const why =
    newest === undefined
      ? `was not built of commit ${commit.slice(0, 12)}`
      : await lacking(deps, plan, newest.release);
  if (newest === undefined || why !== undefined)
    throw new ShipwayError('release.unknown', `release ${digest.slice(0, 12)} of ${service} ${why ?? ''}`);
  return { release: { ...newest.release, version }, evidence: evidenceOf(rows) };
}

/** What keeps it from being shipped as it is. */
async function lacking(
  { store, artifacts }: Deps,
  plan: Plan,
  release: Release,
): Promise<string | undefined> {
  for (const { stage, digest } of release.artifacts)
    if (!(await artifacts.has(digest))) return `lacks the artifacts of ${stage}, which are not kept any more`;
  const missing = await notDoneBy(store, plan, release.digest);
  return missing === undefined ? undefined : `was built without ${missing.name} as this plan has it`;
}

/** A stage that a plan leaves to the runs of a release of its commit, however many those are, and that none of them has done as the plan has it. */
export async function notDoneBy(
  { releases }: Pick<Store, 'releases'>,
  plan: Plan,
  digest: Digest,
): Promise<StagePlan | undefined> {
  const { service, commit } = plan;
  return notDone(plan, await releases.plans({ service, commit, digest }));
}
