import type { ChainedEntry } from '../../domain/audit.js';
import type { Json } from '../../domain/canonical.js';
import { OUTCOMES, type Outcome } from '../../domain/outcome.js';
import type { RunView, WaitingFor } from '../../domain/view.js';
import { waitingOf } from '../../domain/next.js';
import { pipelineId } from '../../domain/ids.js';
import type { About } from './model.js';
import type { Gathered, GatheredDeployment } from './report-of.js';

/** A run as its view has it; of one that Temporal has forgotten, as the audit and its deployments do. */
export function aboutRun(
  { service, run, status }: NonNullable<Gathered['run']>,
  entries: readonly ChainedEntry[],
  deployments: readonly GatheredDeployment[],
): About {
  const own = entries.filter(({ entry }) => entry.workflow === pipelineId(service, run));
  const { outcome, reason, failure, endedAt, ...written } = writtenOf(own);
  // One that goes on, or has been taken up again, has not ended, whatever was written of it.
  const ended = status === undefined || status.run.outcome !== undefined;
  const [first] = own;
  const startedAt = first?.entry.timestamp;
  const environments = new Set([
    ...deployments.map(({ row }) => row.environment),
    ...own.map(({ entry }) => entry.environment),
  ]);
  return {
    ...{ kind: 'run', id: run, service },
    ...{ version: first?.entry.version ?? deployments[0]?.row.release.version ?? '' },
    environments: [...environments],
    ...written,
    ...(ended && outcome !== undefined ? { outcome } : {}),
    ...(ended && reason !== undefined ? { reason } : {}),
    ...(ended && failure !== undefined ? { failure } : {}),
    ...(ended && endedAt !== undefined ? { endedAt } : {}),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(status === undefined ? {} : viewed(status.run)),
    ...(ended ? {} : openness(status.temporal.status, waitingOf(status))),
  };
}

function viewed(view: RunView): Partial<About> {
  const { version, environment, environments, outcome, reason, failure, release } = view;
  const { requestedBy, identity, commit, planHash } = view;
  return {
    ...{ version, environments: environments ?? [environment], requestedBy, commit, planHash },
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    ...(failure === undefined ? {} : { failure }),
    ...(release === undefined ? {} : { release }),
    ...(identity === undefined ? {} : { identity }),
  };
}

/** What one without an outcome waits for, or how Temporal has ended it. */
function openness(said: string, waiting: WaitingFor | undefined): Partial<About> {
  if (said !== 'RUNNING') return { endedAs: said.toLowerCase() };
  return waiting === undefined ? {} : { waitingFor: waiting.title };
}

/** What the entries of a run say of it. */
function writtenOf(own: readonly ChainedEntry[]): Partial<About> {
  const of = (...events: readonly string[]) => own.findLast(({ entry }) => events.includes(entry.event_type));
  const asked = own.find(({ entry }) => entry.statement?.verb === 'run')?.entry;
  const made = of('release.recorded', 'release.reused')?.entry.details ?? {};
  const finished = of('run.finished')?.entry;
  const { outcome, reason, failure } = finished?.details ?? {};
  const known = OUTCOMES.find((o: Outcome) => o === outcome);
  return {
    ...(asked === undefined ? {} : { requestedBy: asked.user }),
    ...(asked?.statement === undefined ? {} : { planHash: asked.statement.on }),
    ...(asked?.statement?.signature === 'none' ? { identity: 'asserted' } : {}),
    ...texts({ commit: made['commit'], release: made['digest'], reason, failure }),
    ...(known === undefined ? {} : { outcome: known }),
    ...(finished === undefined ? {} : { endedAt: finished.timestamp }),
  };
}

const texts = (of: Readonly<Record<string, Json | undefined>>): Partial<About> =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => typeof value === 'string'));

/** A deployment by itself. */
export function aboutDeployment([only]: readonly GatheredDeployment[]): About {
  if (only === undefined) throw new Error('a report is of a run or of a deployment');
  const { row, status } = only;
  const { outcome = status?.deployment.outcome, reason = status?.deployment.reason } = row;
  const { run, endedAt, release, failure } = row;
  return {
    ...{ kind: 'deployment', id: row.id, service: row.service, version: release.version },
    ...{ environments: [row.environment], requestedBy: row.requestedBy, startedAt: row.startedAt },
    ...{ commit: release.commit, release: release.digest },
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    ...(failure === undefined ? {} : { failure }),
    ...(run === undefined ? {} : { run }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(outcome === undefined && status !== undefined
      ? openness(status.temporal.status, status.deployment.waitingFor)
      : {}),
  };
}
