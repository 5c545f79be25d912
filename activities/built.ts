import { needsOf, waitsFor } from '../src/domain/graph.js';
import { pipelineId } from '../src/domain/ids.js';
import type { Built } from '../src/domain/inputs.js';
import type { Plan, StagePlan } from '../src/domain/plan.js';
import { sameWork } from '../src/domain/retry.js';
import { evidenceOf } from '../src/domain/releases.js';
import type { ReleaseRow } from '../src/domain/store.js';
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
      : await lacking(deps, plan, rows, newest);
  if (newest === undefined || why !== undefined)
    throw new ShipwayError('release.unknown', `release ${digest.slice(0, 12)} of ${service} ${why ?? ''}`);
  return { release: { ...newest.release, version }, evidence: evidenceOf(rows) };
}

/** What keeps it from being shipped as it is. */
async function lacking(
  { store, artifacts }: Deps,
  { service, stages }: Plan,
  rows: readonly ReleaseRow[],
  { release }: ReleaseRow,
): Promise<string | undefined> {
  for (const { stage, digest } of release.artifacts)
    if (!(await artifacts.has(digest))) return `lacks the artifacts of ${stage}, which are not kept any more`;
  const runs = await Promise.all(rows.map(({ run }) => store.runs.find(pipelineId(service, run))));
  const done = new Set(
    runs.flatMap((run) => (run === undefined ? [] : passedBefore(run.plan).map(sameWork))),
  );
  const missing = stages.find((stage) => stage.reused !== undefined && !done.has(sameWork(stage)));
  return missing === undefined ? undefined : `was built without ${missing.name} as this plan has it`;
}

/** What a run had behind it when it recorded a release: the first that needs one has waited for it. */
function passedBefore(plan: Plan): readonly StagePlan[] {
  const first = plan.stages.find(
    ({ kind, skipped }) => (kind === 'approve' || kind === 'deploy') && skipped === undefined,
  );
  const before = first && waitsFor(needsOf(plan)).get(first.name);
  return plan.stages.filter((stage) => wasRun(stage) && before?.has(stage.name) === true);
}

const wasRun = ({ skipped, reused }: StagePlan): boolean => skipped === undefined && reused === undefined;
