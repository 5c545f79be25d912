import { queueRules } from '../src/domain/queue.js';
import type { TargetRef } from '../src/domain/ids.js';
import { refusalAnswer, type DeployRequest, type TargetAnswer } from '../src/domain/target.js';
import { FAILURES } from '../src/domain/failures.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';
import { listed } from './outdated.js';
import { verifyStanding } from './request-checks.js';
import { loadRecord } from './target-record.js';

type Deps = Pick<ControlDeps, 'store' | 'client' | 'artifacts' | 'secrets' | 'policy' | 'strategies'>;

/**
 * What a request that others are to make way for would be refused with if its turn came now, its approval apart; `null`: with nothing.
 * Nobody makes way for a commit that his own follows.
 */
export const judgeRequest =
  (deps: Deps) =>
  (request: DeployRequest): Promise<TargetAnswer | null> =>
    refusedWith(async () => {
      await verifyStanding(deps, request, await loadRecord(deps.store, request));
      await refuseBehind(deps, request);
    });

async function refusedWith(check: () => Promise<void>): Promise<TargetAnswer | null> {
  try {
    await check();
    return null;
  } catch (error) {
    if (!(error instanceof ShipwayError) || FAILURES[error.type].retried) throw error;
    return refusalAnswer(error.type, error.message);
  }
}

async function refuseBehind(deps: Pick<Deps, 'store' | 'artifacts'>, request: DeployRequest): Promise<void> {
  const { commit, version } = request.release;
  for (const { requestId, pipeline, release } of await deps.store.requests.waiting(request)) {
    if (requestId === request.requestId || release.commit === commit) continue;
    const ancestors = (await deps.store.runs.find(pipeline))?.ancestors;
    if ((await listed(deps, ancestors)).includes(commit))
      throw new ShipwayError(
        'run.outdated',
        `${version} is older than ${release.version}, which waits and follows it`,
      );
  }
}

/** Who waits next, of those whose request stands, and asks for the end of a bake, in words; `null`: nobody. */
export const nextInQueue =
  (deps: Deps) =>
  async (ref: TargetRef): Promise<string | null> => {
    const record = await loadRecord(deps.store, ref);
    for (const next of await deps.store.requests.waiting(ref)) {
      const refused = await refusedWith(async () => {
        await verifyStanding(deps, next, record);
      });
      if (refused !== null) continue;
      const { duringBake } = queueRules(next.plan);
      return duringBake === 'supersede' ? `${next.release.version} of run ${next.run}` : null;
    }
    return null;
  };
