import { Context } from '@temporalio/activity';
import { pipelineId } from '../src/domain/ids.js';
import { DIGEST, type Release } from '../src/domain/release.js';
import type { TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';

type Deps = Pick<ControlDeps, 'store' | 'artifacts'>;
/** Of a list of commits: a longer one is none that shipway made. */
const MOST_BYTES = 1024 ** 2;

/**
 * Refuses a commit that the live release follows: its run has waited behind a newer one, or was started by mistake. The list is advice
 * of a client: where it is missing or cannot be read, nothing is older than what is live. Fails with `run.outdated`.
 */
export async function refuseOutdated(
  deps: Deps,
  { commit, version }: Pick<Release, 'commit' | 'version'>,
  { live, environment }: TargetState,
): Promise<void> {
  if (live === undefined || live.release.commit === commit) return;
  if (!(await ancestorsOf(deps, live.release)).includes(commit)) return;
  throw new ShipwayError(
    'run.outdated',
    `${version} is older than ${live.release.version}, which serves ${environment} and follows it`,
  );
}

/** The newest runs of a release: they list the same, where their client lists anything. */
const LOOKED_AT = 20;

/** What the release's commit follows, as the client of a run that built or shipped it has listed it. */
async function ancestorsOf(deps: Deps, { service, commit, digest }: Release): Promise<readonly string[]> {
  for (const { run } of await deps.store.releases.list({ service, commit, digest, limit: LOOKED_AT })) {
    const ancestors = (await deps.store.runs.find(pipelineId(service, run)))?.ancestors;
    if (ancestors !== undefined) return listed(deps, ancestors);
  }
  return [];
}

/** The commits in such a list; none, when there is no such list. */
export const listed = async (
  deps: Pick<Deps, 'artifacts'>,
  ancestors: string | undefined,
): Promise<readonly string[]> =>
  ancestors !== undefined && DIGEST.test(ancestors) ? read(deps, ancestors) : [];

async function read({ artifacts }: Pick<Deps, 'artifacts'>, digest: string): Promise<readonly string[]> {
  let text = '';
  try {
    for await (const chunk of await artifacts.get(digest)) {
      text += Buffer.from(chunk).toString('latin1');
      if (text.length > MOST_BYTES) throw new Error('it is longer than such a list');
    }
    return text.split('\n');
  } catch (error) {
    Context.current().log.warn('what the live release follows cannot be read', {
      digest,
      why: String(error),
    });
    return [];
  }
}
